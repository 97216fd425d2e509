#pragma once

#include <boost/container/flat_map.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace revsync {

// An object's members by name, each as the JSON text that stands in the document; it owns its texts.
using JsonMembers = boost::container::flat_map<std::string, std::string, std::less<>>;

// A JSON value as it stands in its document, so that a key's numbers and texts come out exactly as they went
// in, whatever their size. Valid as long as the document's text is.
class RawJson {
public:
    static constexpr std::size_t deepest = 32;

    // One complete JSON value (RFC 8259) in UTF-8. The error is Boost.JSON's; too_deep for more than `deepest` arrays
    // and objects in each other, which is found without going any deeper.
    static boost::system::result<RawJson> parse(std::string_view document);

    bool is_object() const { return text_.front() == '{'; }
    bool is_array() const { return text_.front() == '['; }
    bool is_null() const { return text_ == "null"; }

    // As it stands in the document.
    std::string_view text() const { return text_; }

    // By name; of a repeated name the last, as in Postgres' jsonb. Only for an object.
    std::map<std::string, RawJson> members() const;
    // The same, each value as its own text().
    JsonMembers member_texts() const;
    // Only for an array.
    std::vector<RawJson> elements() const;

    std::optional<std::string> string() const;
    std::optional<std::int64_t> integer() const;
    // Without the blanks between its parts.
    std::string compact() const;

private:
    explicit RawJson(std::string_view text) : text_{text} {}

    // `take` is called with each name and value in turn.
    template <class Take>
    void each_member(Take take) const;

    std::string_view text_;
};

// The text as a JSON string, in quotes.
std::string quoted_json(std::string_view text);

}  // namespace revsync
