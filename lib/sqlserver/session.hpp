#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "sqlserver/connection_settings.hpp"
#include "sqlserver/errors.hpp"
#include "sqlserver/result_set.hpp"

struct tds_dblib_dbprocess;

namespace revsync::sqlserver {

// A parameter of sp_executesql, always nvarchar(max). `value` is UTF-8 and must not be empty (db-lib would send
// NULL for it).
struct Parameter {
    std::string name;  // with its '@'
    std::string_view value;
};

// One logged-in connection, used by one thread at a time; every function blocks, at most for the query time-out
// and once more for the server's acknowledgement. Whatever setting SQL Server needs for correct writes is on.
//
// A call that fails leaves no open transaction behind; when that cannot be made sure, the session is dead.
class Session {
public:
    // `cancelled` is read about once a second while waiting; it must outlive the session. Once true, calls end
    // with disposition stopped.
    static Result<std::unique_ptr<Session>> connect(const ConnectionSettings& settings,
                                                    const std::atomic<bool>& cancelled);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Runs a batch in one round trip; its result sets in their order.
    Result<std::vector<ResultSet>> query(const std::string& text, Activity activity = Activity::reading);
    // Runs a statement with parameters by sp_executesql in one round trip; its plan is kept by the server.
    Result<std::vector<ResultSet>> execute(const std::string& statement, std::span<const Parameter> parameters,
                                           Activity activity);

    // False once the connection is known to be lost: every further call fails.
    bool alive() const { return process_ != nullptr; }

private:
    Session(tds_dblib_dbprocess* process, const ConnectionSettings& settings, const std::atomic<bool>& cancelled);

    Result<void> set_up(const ConnectionSettings& settings);
    template <class Send>
    Result<std::vector<ResultSet>> run(Activity activity, Send send);
    Error failure(const Transcript& transcript, Activity activity);
    bool roll_back();
    void close();

    tds_dblib_dbprocess* process_;
    std::string server_;
    const std::atomic<bool>* cancelled_;
};

}  // namespace revsync::sqlserver
