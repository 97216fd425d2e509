// The built-in functions by name, and the handlers that translate their calls.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "translator.hpp"

namespace revsync::sim::tsql {

struct FunctionTable {
    using Args = std::vector<Sql>;
    using Handler = Sql (*)(Translator&, const Expr&);
    struct Entry {
        std::size_t least;  // how many arguments it takes
        std::size_t most;
        Handler handler;
    };

    static const std::unordered_map<std::string, Entry>& all();

private:
    // The call's arguments, translated; and one of them as text, bigint or datetime2.
    static Args args(Translator& t, const Expr& e, std::size_t from = 0);
    static std::string str(Translator& t, const Sql& x);
    static std::string num(Translator& t, const Sql& x);
    static std::string stamp(Translator& t, const Sql& x);
    static std::string exact(const Sql& x);
    static Type text_like(const Sql& x);
    static Type moment_type(std::uint8_t scale = 7);
    static std::int32_t sum_lengths(const Args& args);
    // The text of a result with its type; nullable and collated as `from` are.
    static Sql typed(std::string text, Type type, const Args& from = {});
    // function(text, integers…) with the type of the first argument.
    static Sql text_call(Translator& t, const Args& a, const char* function);

    // function_text.cpp
    static Sql length(Translator& t, const Expr& e);
    static Sql data_length(Translator& t, const Expr& e);
    static Sql trim(Translator& t, const Expr& e);
    static Sql change_case(Translator& t, const Expr& e);
    static Sql char_index(Translator& t, const Expr& e);
    static Sql replace(Translator& t, const Expr& e);
    static Sql concat(Translator& t, const Expr& e);
    static Sql code_point(Translator& t, const Expr& e);
    static Sql quote(Translator& t, const Expr& e);
    static Sql hash(Translator& t, const Expr& e);
    static Sql checksum(Translator& t, const Expr& e);

    // function_value.cpp
    static Sql coalesce(Translator& t, const Expr& e);
    static Sql null_if(Translator& t, const Expr& e);
    static Sql iif(Translator& t, const Expr& e);
    static Sql choose(Translator& t, const Expr& e);
    static Sql math(Translator& t, const Expr& e);
    static Sql json(Translator& t, const Expr& e);
    static Sql new_id(Translator& t, const Expr& e);
    static Sql catalog(Translator& t, const Expr& e);

    // function_date.cpp
    static Sql date_add(Translator& t, const Expr& e);
    static Sql date_diff(Translator& t, const Expr& e);
    static Sql date_piece(Translator& t, const Expr& e);
    static Sql year_month_day(Translator& t, const Expr& e);
    static Sql from_parts(Translator& t, const Expr& e);
    static Sql end_of_month(Translator& t, const Expr& e);
    static Sql now(Translator& t, const Expr& e);
    static Sql offset(Translator& t, const Expr& e);
    static Sql format(Translator& t, const Expr& e);
};

}  // namespace revsync::sim::tsql
