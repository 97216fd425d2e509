#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace revsync {

// Thrown inside the loader only, and turned into an Error where the loader ends: reading a nested document is
// a deep descent in which nothing can go on after the first mistake.
struct MappingMistake {
    std::string place;  // "streams[0].columns[2]"; empty: the whole document
    std::string text;   // "unknown member 'colour'"
};

[[noreturn]] void mistake(std::string_view place, std::string_view what);

// A JSON object of a mapping, read member by member; every complaint names the object's place. Holds a
// reference to the document.
class JsonObject {
public:
    // A member that is not `allowed` is a mistake.
    JsonObject(std::string place, const boost::json::value& value, std::initializer_list<std::string_view> allowed);

    const std::string& place() const { return place_; }
    bool has(std::string_view member) const { return object_->contains(member); }

    // Texts have 1 to 128 characters (`empty_allowed`: from none) and no control characters.
    std::string text(std::string_view member, bool empty_allowed = false) const;
    std::optional<std::string> optional_text(std::string_view member, bool empty_allowed = false) const;
    bool boolean(std::string_view member, bool otherwise) const;
    std::int64_t integer(std::string_view member) const;
    // 1 to 1024 elements.
    const boost::json::array& array(std::string_view member) const;
    std::vector<std::string> texts(std::string_view member) const;

    const boost::json::value& at(std::string_view member) const;
    std::string place_of(std::string_view member) const;
    std::string place_of(std::string_view member, std::size_t index) const;

private:
    std::string place_;
    const boost::json::object* object_;
};

}  // namespace revsync
