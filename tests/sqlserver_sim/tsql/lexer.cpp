#include "lexer.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "errors.hpp"
#include "text.hpp"

namespace revsync::sim::tsql {

namespace {

constexpr std::array reserved{"ADD",
                              "ALL",
                              "ALTER",
                              "AND",
                              "ANY",
                              "AS",
                              "ASC",
                              "AUTHORIZATION",
                              "BEGIN",
                              "BETWEEN",
                              "BREAK",
                              "BULK",
                              "BY",
                              "CASE",
                              "CHECK",
                              "CLOSE",
                              "CLUSTERED",
                              "COALESCE",
                              "COLLATE",
                              "COLUMN",
                              "COMMIT",
                              "CONSTRAINT",
                              "CONTINUE",
                              "CONVERT",
                              "CREATE",
                              "CROSS",
                              "CURRENT_TIMESTAMP",
                              "CURRENT_USER",
                              "CURSOR",
                              "DATABASE",
                              "DEALLOCATE",
                              "DECLARE",
                              "DEFAULT",
                              "DELETE",
                              "DESC",
                              "DISTINCT",
                              "DROP",
                              "ELSE",
                              "END",
                              "ESCAPE",
                              "EXCEPT",
                              "EXEC",
                              "EXECUTE",
                              "EXISTS",
                              "FETCH",
                              "FOR",
                              "FOREIGN",
                              "FROM",
                              "FULL",
                              "FUNCTION",
                              "GOTO",
                              "GRANT",
                              "GROUP",
                              "HAVING",
                              "HOLDLOCK",
                              "IDENTITY",
                              "IDENTITY_INSERT",
                              "IF",
                              "IN",
                              "INDEX",
                              "INNER",
                              "INSERT",
                              "INTERSECT",
                              "INTO",
                              "IS",
                              "JOIN",
                              "KEY",
                              "KILL",
                              "LEFT",
                              "LIKE",
                              "MERGE",
                              "NOCHECK",
                              "NONCLUSTERED",
                              "NOT",
                              "NULL",
                              "NULLIF",
                              "OF",
                              "OFF",
                              "ON",
                              "OPEN",
                              "OPTION",
                              "OR",
                              "ORDER",
                              "OUTER",
                              "OVER",
                              "PERCENT",
                              "PIVOT",
                              "PRIMARY",
                              "PRINT",
                              "PROC",
                              "PROCEDURE",
                              "RAISERROR",
                              "REFERENCES",
                              "RETURN",
                              "REVERT",
                              "REVOKE",
                              "RIGHT",
                              "ROLLBACK",
                              "ROWGUIDCOL",
                              "SAVE",
                              "SCHEMA",
                              "SELECT",
                              "SESSION_USER",
                              "SET",
                              "SOME",
                              "STATISTICS",
                              "SYSTEM_USER",
                              "TABLE",
                              "THEN",
                              "TO",
                              "TOP",
                              "TRAN",
                              "TRANSACTION",
                              "TRIGGER",
                              "TRUNCATE",
                              "TRY_CONVERT",
                              "UNION",
                              "UNIQUE",
                              "UPDATE",
                              "USE",
                              "USER",
                              "VALUES",
                              "VARYING",
                              "VIEW",
                              "WAITFOR",
                              "WHEN",
                              "WHERE",
                              "WHILE",
                              "WITH"};

bool starts_name(char c) noexcept {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '#' || (c & 0x80) != 0;
}

bool continues_name(char c) noexcept {
    return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '@' || c == '$';
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

class Lexer {
public:
    Lexer(std::string_view sql, bool quoted_identifier) : sql_(sql), quoted_identifier_(quoted_identifier) {}

    std::vector<Token> run() {
        std::vector<Token> tokens;
        do {
            skip_blank();
            token_ = Token{};
            token_.line = line_;
            token_.offset = at_;
            read();
            token_.end = at_;
            tokens.push_back(std::move(token_));
        } while (tokens.back().kind != TokenKind::end);
        return tokens;
    }

private:
    char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

    char take() noexcept {
        const char c = sql_[at_++];
        line_ += c == '\n' ? 1 : 0;
        return c;
    }

    void skip_blank() {
        while (at_ < sql_.size()) {
            if (std::isspace(static_cast<unsigned char>(peek())) != 0) {
                take();
            } else if (peek() == '-' && peek(1) == '-') {
                while (at_ < sql_.size() && peek() != '\n') {
                    take();
                }
            } else if (peek() == '/' && peek(1) == '*') {
                skip_comment();
            } else if (sql_.substr(at_, 3) == "\xEF\xBB\xBF") {
                at_ += 3;
            } else {
                return;
            }
        }
    }

    void skip_comment() {
        int depth = 0;
        do {
            if (at_ >= sql_.size()) {
                fail(113, "Missing end comment mark '*/'.", line_);
            }
            if (peek() == '/' && peek(1) == '*') {
                ++depth;
                at_ += 2;
            } else if (peek() == '*' && peek(1) == '/') {
                --depth;
                at_ += 2;
            } else {
                take();
            }
        } while (depth > 0);
    }

    void read() {
        if (at_ >= sql_.size()) {
            return;
        }
        const char c = peek();
        if (c == '\'' || ((c == 'N' || c == 'n') && peek(1) == '\'')) {
            token_.national = c != '\'';
            at_ += token_.national ? 1 : 0;
            token_.kind = TokenKind::string;
            token_.text = read_quoted('\'');
        } else if (c == '[' || c == '"') {
            token_.kind = c == '"' && !quoted_identifier_ ? TokenKind::string : TokenKind::name;
            token_.quoted = token_.kind == TokenKind::name;
            token_.text = read_quoted(c == '[' ? ']' : '"');
        } else if (c == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
            at_ += 2;
            token_.kind = TokenKind::binary;
            token_.text = read_while([](char d) { return std::isxdigit(static_cast<unsigned char>(d)) != 0; });
        } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
            read_number();
        } else if (c == '@') {
            token_.kind = TokenKind::variable;
            token_.text = read_while(continues_name);
        } else if (starts_name(c)) {
            token_.kind = TokenKind::name;
            token_.text = read_while(continues_name);
            token_.keyword = upper(token_.text);
        } else {
            read_symbol();
        }
    }

    template <typename Predicate>
    std::string read_while(Predicate predicate) {
        const std::size_t start = at_;
        while (at_ < sql_.size() && predicate(peek())) {
            ++at_;
        }
        return std::string(sql_.substr(start, at_ - start));
    }

    std::string read_quoted(char close) {
        const std::int32_t first_line = line_;
        take();
        std::string value;
        while (at_ < sql_.size()) {
            const char c = take();
            if (c == close) {
                if (peek() != close) {
                    return value;
                }
                take();
            }
            value += c;
        }
        fail(105, "Unclosed quotation mark after the character string '" + value + "'.", first_line);
    }

    void read_number() {
        token_.kind = TokenKind::integer;
        token_.text = read_while(is_digit);
        if (peek() == '.') {
            token_.kind = TokenKind::decimal;
            token_.text += take();
            token_.text += read_while(is_digit);
        }
        const bool sign = peek(1) == '+' || peek(1) == '-';
        if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign ? 2 : 1))) {
            token_.kind = TokenKind::floating;
            token_.text += take();
            if (sign) {
                token_.text += take();
            }
            token_.text += read_while(is_digit);
        }
    }

    void read_symbol() {
        static constexpr std::array pairs{
            "<>", "<=", ">=", "!=", "!<", "!>", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "::"};
        token_.kind = TokenKind::symbol;
        const std::string_view two = sql_.substr(at_, 2);
        if (std::find(pairs.begin(), pairs.end(), two) != pairs.end()) {
            token_.text = two;
            at_ += 2;
            return;
        }
        token_.text = std::string(1, peek());
        if (std::string_view("+-*/%&|^~=<>(),;.:").find(peek()) == std::string_view::npos) {
            fail_near(token_.text, false, line_);
        }
        ++at_;
    }

    std::string_view sql_;
    bool quoted_identifier_;
    std::size_t at_ = 0;
    std::int32_t line_ = 1;
    Token token_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view sql, bool quoted_identifier) {
    return Lexer(sql, quoted_identifier).run();
}

bool is_reserved(std::string_view keyword) noexcept {
    return std::find(reserved.begin(), reserved.end(), keyword) != reserved.end();
}

}  // namespace revsync::sim::tsql
