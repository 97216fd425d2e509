// What the translator asks a session: objects, variables, session functions.
#include <algorithm>

#include "parser.hpp"
#include "session.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

TypedValue integer(std::int64_t value, TypeKind kind = TypeKind::integer) {
    return {integer_type(kind), std::to_string(value)};
}

TypedValue text(Value value, std::int32_t length = 128) {
    return {string_type(length), std::move(value)};
}

}  // namespace

TemporaryTable* SessionImpl::find_temporary(const std::string& name) {
    const std::string key = lower(name);
    const bool variable_table = key[0] == '@';
    for (Frame* frame = frame_; frame != nullptr; frame = variable_table ? nullptr : frame->caller) {
        if (const auto found = frame->tables.find(key); found != frame->tables.end()) {
            return &found->second;
        }
    }
    return nullptr;
}

std::pair<std::string, std::string> SessionImpl::schema_and_name(const Name& name) const {
    const std::string schema = name.size() > 1 ? name[name.size() - 2] : "";
    return {schema.empty() ? "dbo" : schema, name.back()};
}

TableInfoPtr SessionImpl::table(const Name& name) {
    const std::string& last = name.back();
    if (last[0] == '#' || last[0] == '@') {
        const TemporaryTable* temporary = find_temporary(last);
        return temporary == nullptr ? nullptr : temporary->info;
    }
    if (name.size() == 1 && frame_->trigger != nullptr) {
        if (same_name(last, "inserted")) {
            return frame_->trigger->inserted;
        }
        if (same_name(last, "deleted")) {
            return frame_->trigger->deleted;
        }
    }
    const auto [schema, object] = schema_and_name(name);
    const bool system = same_name(schema, "sys") || same_name(schema, "information_schema");
    const std::string& where = name.size() > 2 && !name[name.size() - 3].empty() ? name[name.size() - 3] : database_;
    if (!system && !same_name(where, server_->options.database)) {
        return nullptr;
    }
    catalog_.refresh(server_->schema_version);
    return catalog_.table(backend_, schema, object);
}

std::shared_ptr<const ModuleInfo> SessionImpl::function(const Name& name) {
    const auto [schema, object] = schema_and_name(name);
    catalog_.refresh(server_->schema_version);
    auto module = catalog_.module(backend_, schema, object);
    return module && module->kind == "FN" ? module : nullptr;
}

const Type* SessionImpl::variable(const std::string& name) {
    const Variable* found = find_variable(name);
    return found == nullptr ? nullptr : &found->type;
}

std::optional<bool> SessionImpl::updated(std::string_view column) {
    if (frame_->trigger == nullptr) {
        return std::nullopt;
    }
    const auto& columns = frame_->trigger->updated;
    return frame_->trigger->event != "DELETE" &&
           std::find(columns.begin(), columns.end(), lower(column)) != columns.end();
}

std::optional<TypedValue> SessionImpl::intrinsic(std::string_view name, const std::vector<Value>& args) {
    if (name == "@@ROWCOUNT") {
        return integer(static_cast<std::int64_t>(row_count_));
    }
    if (name == "ROWCOUNT_BIG") {
        return integer(static_cast<std::int64_t>(row_count_), TypeKind::bigint);
    }
    if (name == "@@TRANCOUNT") {
        return integer(transactions_);
    }
    if (name == "XACT_STATE") {
        return integer(transactions_ == 0 ? 0 : doomed_ ? -1 : 1, TypeKind::smallint);
    }
    if (name == "@@ERROR") {
        return integer(error_);
    }
    if (name == "@@IDENTITY" || name == "SCOPE_IDENTITY") {
        return TypedValue{Type{TypeKind::decimal, 0, 38, 0}, name[0] == '@' ? identity_ : scope_identity_};
    }
    if (name == "@@SPID") {
        return integer(session_id_, TypeKind::smallint);
    }
    if (name == "@@NESTLEVEL") {
        return integer(depth_);
    }
    if (name == "@@LOCK_TIMEOUT") {
        return integer(options_.lock_timeout_ms);
    }
    if (name == "@@TEXTSIZE") {
        return integer(options_.text_size);
    }
    if (name == "@@FETCH_STATUS") {
        return integer(-1);
    }
    if (name == "@@PROCID") {
        return integer(0);
    }
    if (name == "SESSION_CONTEXT" && args.size() == 1) {
        const auto found = context_.find(lower(args[0].value_or("")));
        return found == context_.end() ? text(std::nullopt, 4000) : found->second;
    }
    if (name == "APPLOCK_MODE" && args.size() == 3) {
        return text(application_lock_mode(args[1].value_or(""), args[2].value_or("")), 32);
    }
    if (auto value = error_function(name)) {
        return value;
    }
    if (name == "OBJECT_ID" && !args.empty() && args[0]) {
        // A temporary table lives in no catalog.
        const std::size_t hash = args[0]->rfind('#');
        const bool temporary =
            hash != std::string::npos && (hash == 0 || (*args[0])[hash - 1] == '.' || (*args[0])[hash - 1] == '[');
        if (temporary) {
            std::string short_name = args[0]->substr(hash);
            short_name = short_name.substr(0, short_name.find(']'));
            const TemporaryTable* found = find_temporary(short_name);
            return TypedValue{integer_type(),
                              found == nullptr ? Value() : Value(std::to_string(found->info->object_id))};
        }
    }
    return server_function(name, args);
}

std::optional<TypedValue> SessionImpl::error_function(std::string_view name) const {
    if (name.substr(0, 6) != "ERROR_") {
        return std::nullopt;
    }
    const Message* message = nullptr;
    for (const Frame* frame = frame_; frame != nullptr && message == nullptr; frame = frame->caller) {
        message = frame->caught ? &frame->caught->message : nullptr;
    }
    const auto number = [&](std::int64_t value) {
        return message == nullptr ? TypedValue{integer_type(), std::nullopt} : integer(value);
    };
    if (name == "ERROR_NUMBER") {
        return number(message == nullptr ? 0 : message->number);
    }
    if (name == "ERROR_SEVERITY") {
        return number(message == nullptr ? 0 : message->severity);
    }
    if (name == "ERROR_STATE") {
        return number(message == nullptr ? 0 : message->state);
    }
    if (name == "ERROR_LINE") {
        return number(message == nullptr ? 0 : message->line);
    }
    if (name == "ERROR_MESSAGE") {
        return text(message == nullptr ? Value() : Value(message->text), 4000);
    }
    if (name == "ERROR_PROCEDURE") {
        return text(message == nullptr || message->procedure.empty() ? Value() : Value(message->procedure));
    }
    return std::nullopt;
}

std::optional<TypedValue> SessionImpl::server_function(std::string_view name, const std::vector<Value>& args) const {
    if (name == "@@VERSION") {
        return text("Microsoft SQL Server 2019 (stand-in for tests) - 15.0.2000.5 (X64)", 300);
    }
    if (name == "@@SERVERNAME" || name == "@@SERVICENAME") {
        return text("sqlserver-sim");
    }
    if (name == "@@MICROSOFTVERSION") {
        return integer(0x0F0007D0);
    }
    if (name == "@@OPTIONS") {
        return integer(options_.get("QUOTED_IDENTIFIER") ? 256 : 0);
    }
    if (name == "@@LANGUAGE") {
        return text("us_english");
    }
    if (name == "@@DATEFIRST") {
        return integer(7, TypeKind::tinyint);
    }
    if (name == "@@MAX_PRECISION") {
        return integer(38, TypeKind::tinyint);
    }
    if (name == "DB_NAME" && args.empty()) {
        return text(database_);
    }
    if (name == "DB_ID" && args.empty()) {
        return integer(5, TypeKind::smallint);
    }
    if (name == "DB_ID") {
        return TypedValue{integer_type(TypeKind::smallint),
                          same_name(args[0].value_or(""), server_->options.database) ? Value("5") : Value()};
    }
    if (name == "SUSER_SNAME" || name == "SUSER_NAME" || name == "ORIGINAL_LOGIN" || name == "SYSTEM_USER") {
        return text(login_.user);
    }
    if (name == "USER_NAME" || name == "CURRENT_USER" || name == "SESSION_USER" || name == "USER") {
        return text("dbo");
    }
    if (name == "HOST_NAME") {
        return text(login_.host);
    }
    if (name == "APP_NAME") {
        return text(login_.application);
    }
    if (name == "HAS_PERMS_BY_NAME" || name == "HAS_DBACCESS" || name == "IS_SRVROLEMEMBER" || name == "IS_MEMBER" ||
        name == "IS_ROLEMEMBER") {
        return integer(1);
    }
    if (name == "SERVERPROPERTY" && args.size() == 1) {
        static const std::map<std::string, std::string> properties{{"productversion", "15.0.2000.5"},
                                                                   {"productlevel", "RTM"},
                                                                   {"edition", "Developer Edition (64-bit)"},
                                                                   {"collation", "Arabic_CI_AS"},
                                                                   {"machinename", "sqlserver-sim"},
                                                                   {"servername", "sqlserver-sim"},
                                                                   {"engineedition", "3"},
                                                                   {"productmajorversion", "15"},
                                                                   {"productminorversion", "0"},
                                                                   {"isintegratedsecurityonly", "0"},
                                                                   {"isclustered", "0"}};
        const std::string key = lower(args[0].value_or(""));
        const auto found = properties.find(key);
        if (found != properties.end() && std::isdigit(static_cast<unsigned char>(found->second[0])) != 0 &&
            key != "productversion") {
            return TypedValue{integer_type(), found->second};
        }
        return text(found == properties.end() ? Value() : Value(found->second));
    }
    if (name == "DATABASEPROPERTYEX" && args.size() == 2) {
        static const std::map<std::string, std::string> properties{{"collation", "Arabic_CI_AS"},
                                                                   {"recovery", "SIMPLE"},
                                                                   {"status", "ONLINE"},
                                                                   {"updateability", "READ_WRITE"},
                                                                   {"useraccess", "MULTI_USER"}};
        const auto found = properties.find(lower(args[1].value_or("")));
        return text(found == properties.end() ? Value() : Value(found->second));
    }
    return std::nullopt;
}

}  // namespace revsync::sim::tsql
