#include "parser.hpp"

#include <algorithm>
#include <cstdlib>

#include "errors.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

Block parse_batch(std::string_view sql, bool quoted_identifier) {
    return Parser(sql, quoted_identifier).batch();
}

std::vector<ParameterDefinition> parse_parameters(std::string_view sql) {
    Parser parser(sql, true);
    auto parameters = parser.parameters(false);
    if (!parser.at_end()) {
        parser.unexpected();
    }
    return parameters;
}

ExprPtr parse_expression(std::string_view sql) {
    Parser parser(sql, true);
    ExprPtr expr = parser.expression();
    if (!parser.at_end()) {
        parser.unexpected();
    }
    return expr;
}

const Token& Parser::peek(std::size_t ahead) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

Token Parser::take() {
    const Token token = peek();
    at_ += token.kind == TokenKind::end ? 0 : 1;
    return token;
}

bool Parser::at(std::string_view keyword, std::size_t ahead) const {
    return peek(ahead).kind == TokenKind::name && peek(ahead).keyword == keyword;
}

bool Parser::at_symbol(std::string_view symbol, std::size_t ahead) const {
    return peek(ahead).kind == TokenKind::symbol && peek(ahead).text == symbol;
}

bool Parser::accept(std::string_view keyword) {
    const bool found = at(keyword);
    at_ += found ? 1 : 0;
    return found;
}

bool Parser::accept_all(std::initializer_list<std::string_view> keywords) {
    std::size_t ahead = 0;
    for (const std::string_view keyword : keywords) {
        if (!at(keyword, ahead++)) {
            return false;
        }
    }
    at_ += keywords.size();
    return true;
}

bool Parser::accept_symbol(std::string_view symbol) {
    const bool found = at_symbol(symbol);
    at_ += found ? 1 : 0;
    return found;
}

void Parser::expect(std::string_view keyword) {
    if (!accept(keyword)) {
        unexpected();
    }
}

void Parser::expect_symbol(std::string_view symbol) {
    if (!accept_symbol(symbol)) {
        unexpected();
    }
}

void Parser::unexpected() const {
    const Token& token = peek();
    if (token.kind == TokenKind::end && tokens_.size() > 1) {
        const Token& last = tokens_[tokens_.size() - 2];
        fail_near(last.text, is_reserved(last.keyword), last.line);
    }
    fail_near(token.text, is_reserved(token.keyword), token.line);
}

std::string Parser::source(std::size_t from_offset) const {
    const std::size_t end = at_ == 0 ? from_offset : tokens_[at_ - 1].end;
    return std::string(sql_.substr(from_offset, end - from_offset));
}

bool Parser::at_identifier(std::size_t ahead) const {
    const Token& token = peek(ahead);
    return token.kind == TokenKind::name && (token.quoted || !is_reserved(token.keyword));
}

std::string Parser::identifier() {
    if (!at_identifier()) {
        unexpected();
    }
    return take().text;
}

Name Parser::dotted_name() {
    Name name{identifier()};
    while (at_symbol(".")) {
        take();
        name.push_back(at_symbol(".") ? std::string() : identifier());
    }
    return name;
}

std::string Parser::variable() {
    if (peek().kind != TokenKind::variable || peek().text.substr(0, 2) == "@@") {
        unexpected();
    }
    return lower(take().text);
}

std::string Parser::collation() {
    return identifier();
}

std::int64_t Parser::signed_integer() {
    const bool negative = accept_symbol("-");
    if (!negative) {
        accept_symbol("+");
    }
    if (peek().kind != TokenKind::integer) {
        unexpected();
    }
    const std::int64_t value = std::strtoll(take().text.c_str(), nullptr, 10);
    return negative ? -value : value;
}

Type Parser::data_type() {
    const Token start = peek();
    Name name = dotted_name();
    std::string base = name.back();
    if (same_name(base, "double") && accept("PRECISION")) {
        base = "float";
    }
    std::optional<int> first;
    std::optional<int> second;
    if (accept_symbol("(")) {
        if (accept("MAX")) {
            first = max_length;
        } else {
            first = static_cast<int>(signed_integer());
            if (accept_symbol(",")) {
                second = static_cast<int>(signed_integer());
            }
        }
        expect_symbol(")");
    }
    const auto type = make_type(base, first, second);
    if (!type) {
        fail(2715, "Column, parameter, or variable #1: Cannot find data type " + base + ".", start.line);
    }
    return *type;
}

std::vector<std::string> Parser::name_list() {
    std::vector<std::string> names;
    expect_symbol("(");
    do {
        names.push_back(identifier());
        if (!accept("ASC")) {
            accept("DESC");
        }
    } while (accept_symbol(","));
    expect_symbol(")");
    return names;
}

Block Parser::batch() {
    Block block;
    while (true) {
        while (accept_symbol(";")) {
        }
        if (at_end()) {
            return block;
        }
        block.push_back(statement());
    }
}

}  // namespace revsync::sim::tsql
