#include "sqlserver/session.hpp"

#include <fmt/format.h>
#include <sybfront.h>

#include <sybdb.h>

#include <array>

#include "sqlserver/dblib.hpp"
#include "sqlserver/result_reader.hpp"
#include "sqlserver/server_file.hpp"

namespace revsync::sqlserver {
namespace {

constexpr int missing_procedure = 2812;

// db-lib's defaults are dangerous: with ANSI_WARNINGS off SQL Server cuts long text without a word, and tables with
// indexed computed columns cannot be written. The session context lets the database's triggers recognise us.
std::string set_up_batch(const ConnectionSettings& settings) {
    return fmt::format(
        "SET QUOTED_IDENTIFIER, ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL ON; "
        "SET NUMERIC_ROUNDABORT OFF; SET XACT_ABORT ON; SET NOCOUNT ON; SET TEXTSIZE 2147483647; "
        "SET LOCK_TIMEOUT {}; SET DEADLOCK_PRIORITY LOW; "
        "EXEC sp_set_session_context N'reverse_sync', 1;",
        settings.lock_timeout.count());
}

const std::atomic<bool>& cancel_flag(void* process) {
    return *reinterpret_cast<const std::atomic<bool>*>(::dbgetuserdata(static_cast<DBPROCESS*>(process)));
}

int is_cancelled(void* process) {
    return cancel_flag(process).load(std::memory_order_relaxed) ? TRUE : FALSE;
}

int answer_cancel(void*) {
    return INT_CANCEL;
}

Error stopped() {
    return {Disposition::stopped, "", "cancelled", false};
}

struct LoginDeleter {
    void operator()(LOGINREC* login) const { ::dbloginfree(login); }
};
using Login = std::unique_ptr<LOGINREC, LoginDeleter>;

Login make_login(const ConnectionSettings& settings) {
    Login login{::dblogin()};
    const bool complete = login && ::dbsetlname(login.get(), settings.user.c_str(), DBSETUSER) == SUCCEED &&
                          ::dbsetlname(login.get(), settings.password.c_str(), DBSETPWD) == SUCCEED &&
                          ::dbsetlname(login.get(), settings.database.c_str(), DBSETDBNAME) == SUCCEED &&
                          ::dbsetlname(login.get(), settings.application.c_str(), DBSETAPP) == SUCCEED &&
                          ::dbsetlname(login.get(), "UTF-8", DBSETCHARSET) == SUCCEED &&
                          ::dbsetlversion(login.get(), DBVERSION_74) == SUCCEED;
    return complete ? std::move(login) : nullptr;
}

bool add_parameter(DBPROCESS* process, const char* name, std::string_view value) {
    // db-lib takes a non-const pointer but only reads from it; SYBNTEXT becomes nvarchar(max).
    auto* bytes = reinterpret_cast<BYTE*>(const_cast<char*>(value.data()));
    return ::dbrpcparam(process, name, 0, SYBNTEXT, -1, static_cast<DBINT>(value.size()), bytes) == SUCCEED;
}

}  // namespace

Session::Session(tds_dblib_dbprocess* process, const ConnectionSettings& settings, const std::atomic<bool>& cancelled)
    : process_{process}, server_{address(settings)}, cancelled_{&cancelled} {
    ::dbsetuserdata(process_, reinterpret_cast<BYTE*>(const_cast<std::atomic<bool>*>(cancelled_)));
    ::dbsetinterrupt(process_, is_cancelled, answer_cancel);
}

Session::~Session() {
    close();
}

Result<std::unique_ptr<Session>> Session::connect(const ConnectionSettings& settings,
                                                  const std::atomic<bool>& cancelled) {
    if (!initialise_dblib()) {
#ifdef _WIN32
        return Error{Disposition::configuration, "",
                     "sybdb.dll (FreeTDS) cannot be loaded; put it and the DLLs it needs beside reverse-syncd.exe"};
#else
        return Error{Disposition::configuration, "", "db-lib cannot be initialised; check the FreeTDS installation"};
#endif
    }
    const auto section = register_server(settings);
    if (!section) {
        return section.error();
    }
    const Login login = make_login(settings);
    if (!login) {
        return Error{Disposition::configuration, "",
                     "DB_USER, DB_PASSWORD or DB_NAME is longer than SQL Server allows; shorten it"};
    }
    Transcript transcript;
    DBPROCESS* process = nullptr;
    {
        const Capture capture{transcript};
        process = ::dbopen(login.get(), section->c_str());
    }
    if (process == nullptr) {
        return explain(transcript, {.activity = Activity::connecting,
                                    .server = address(settings),
                                    .connection_dead = true,
                                    .encryption_required = settings.encryption == Encryption::require,
                                    .certificate_checked = !settings.ca_file.empty()});
    }
    std::unique_ptr<Session> session{new Session{process, settings, cancelled}};
    if (auto ready = session->set_up(settings); !ready) {
        return ready.error();
    }
    return session;
}

Result<void> Session::set_up(const ConnectionSettings& settings) {
    const auto done = query(set_up_batch(settings));
    if (done) {
        return {};
    }
    Error error = done.error();
    if (error.code == fmt::format("sqlserver {}", missing_procedure)) {
        error.disposition = Disposition::configuration;
        error.text = fmt::format("SQL Server at {} is older than 2016, which is needed; upgrade it", server_);
    }
    error.connection_lost = true;
    return error;
}

Result<std::vector<ResultSet>> Session::query(const std::string& text, Activity activity) {
    return run(activity, [&] {
        return ::dbcmd(process_, text.c_str()) == SUCCEED && ::dbsqlsend(process_) == SUCCEED &&
               ::dbsqlok(process_) == SUCCEED;
    });
}

Result<std::vector<ResultSet>> Session::execute(const std::string& statement, std::span<const Parameter> parameters,
                                                Activity activity) {
    std::string declaration;
    for (const auto& parameter : parameters) {
        declaration += fmt::format("{}{} nvarchar(max)", declaration.empty() ? "" : ", ", parameter.name);
    }
    return run(activity, [&] {
        bool good = ::dbrpcinit(process_, "sp_executesql", 0) == SUCCEED && add_parameter(process_, nullptr, statement);
        if (!parameters.empty()) {
            good = good && add_parameter(process_, nullptr, declaration);
        }
        for (const auto& parameter : parameters) {
            good = good && add_parameter(process_, parameter.name.c_str(), parameter.value);
        }
        return good && ::dbrpcsend(process_) == SUCCEED && ::dbsqlok(process_) == SUCCEED;
    });
}

template <class Send>
Result<std::vector<ResultSet>> Session::run(Activity activity, Send send) {
    if (cancelled_->load(std::memory_order_relaxed)) {
        return stopped();
    }
    Transcript transcript;
    std::vector<ResultSet> results;
    bool complete = false;
    {
        const Capture capture{transcript};
        complete = process_ != nullptr && send() && read_results(process_, results);
    }
    if (complete && transcript.silent()) {
        return results;
    }
    if (complete && transcript.messages.empty() && transcript.has_error(SYBEICONVI)) {
        // The answer is read to its end, with '?' for what could not be converted.
        return explain(transcript, {.activity = activity, .server = server_});
    }
    return failure(transcript, activity);
}

Error Session::failure(const Transcript& transcript, Activity activity) {
    const bool cancelled = cancelled_->load(std::memory_order_relaxed);
    const bool dead = process_ == nullptr || ::dbdead(process_) == TRUE || transcript.messages.empty();
    Error error = cancelled && transcript.messages.empty()
                      ? stopped()
                      : explain(transcript, {.activity = activity, .server = server_, .connection_dead = dead});
    if (dead || error.connection_lost || cancelled || !roll_back()) {
        close();
    }
    return error;
}

// XACT_ABORT has ended the transaction already in nearly all cases; a session that still has one is not reused.
bool Session::roll_back() {
    Transcript transcript;
    const Capture capture{transcript};
    std::vector<ResultSet> results;
    return ::dbcancel(process_) == SUCCEED &&
           ::dbcmd(process_, "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;") == SUCCEED &&
           ::dbsqlexec(process_) == SUCCEED && read_results(process_, results) && transcript.silent();
}

void Session::close() {
    if (process_ != nullptr) {
        Transcript ignored;
        const Capture capture{ignored};
        ::dbclose(process_);
        process_ = nullptr;
    }
}

}  // namespace revsync::sqlserver
