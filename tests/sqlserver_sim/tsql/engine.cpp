// Prepares the backend and lets sessions in.
#include <cstdlib>
#include <stdexcept>

#include "backend_sql.hpp"
#include "session.hpp"
#include "text.hpp"

namespace revsync::sim {

namespace tsql {

namespace {

LoginRefusal refuse(std::int32_t number, std::uint8_t severity, std::string text) {
    LoginRefusal refusal;
    refusal.message.number = number;
    refusal.message.severity = severity;
    refusal.message.text = std::move(text);
    return refusal;
}

class EngineImpl final : public Engine {
public:
    explicit EngineImpl(std::shared_ptr<Server> server) : server_(std::move(server)) {}

    std::unique_ptr<Session> login(const Login& login, std::optional<LoginRefusal>& refusal) override {
        const EngineOptions& options = server_->options;
        if (server_->faults.take(FaultKind::starting, 0)) {
            refusal = refuse(
                17187, 16,
                "SQL Server is not ready to accept new client connections. Wait a few minutes before trying again.");
            return nullptr;
        }
        const bool known = same_name(login.user, options.user) && login.password == options.password;
        if (!known || server_->faults.take(FaultKind::refuse_login, 0)) {
            refusal = refuse(18456, 14, "Login failed for user '" + login.user + "'.");
            return nullptr;
        }
        Login accepted = login;
        if (!canonical_database(accepted.database)) {
            refusal = refuse(
                4060, 11, "Cannot open database \"" + login.database + "\" requested by the login. The login failed.");
            return nullptr;
        }
        try {
            return std::make_unique<SessionImpl>(server_, accepted);
        } catch (const std::exception&) {
            refusal = refuse(
                17187, 16,
                "SQL Server is not ready to accept new client connections. Wait a few minutes before trying again.");
            return nullptr;
        }
    }

private:
    bool canonical_database(std::string& name) const {
        if (name.empty() || same_name(name, server_->options.database)) {
            name = server_->options.database;
            return true;
        }
        for (const char* system : {"master", "tempdb", "model", "msdb"}) {
            if (same_name(name, system)) {
                name = system;
                return true;
            }
        }
        return false;
    }

    std::shared_ptr<Server> server_;
};

void prepare(const EngineOptions& options) {
    Backend backend(options.backend);
    try {
        backend.script("SET client_min_messages = error; BEGIN; SELECT pg_advisory_xact_lock(872306)");
        for (const char* script : backend_sql()) {
            backend.script(script);
        }
        backend.run(
            "INSERT INTO sim.setting VALUES ('database', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            {options.database});
        backend.script("DELETE FROM sim.session WHERE pid NOT IN (SELECT pid FROM pg_stat_activity); COMMIT");
    } catch (const BackendError& error) {
        throw std::runtime_error("the backend cannot be prepared: " + error.text);
    }
}

}  // namespace

}  // namespace tsql

std::unique_ptr<Engine> open_engine(const EngineOptions& options) {
    tsql::prepare(options);
    auto server = std::make_shared<tsql::Server>();
    server->options = options;
    // The clock of GETDATE() is the machine's, as SQL Server's is.
    const char* zone = std::getenv("TZ");
    server->time_zone = zone == nullptr || *zone == '\0' ? "UTC" : zone;
    return std::make_unique<tsql::EngineImpl>(std::move(server));
}

}  // namespace revsync::sim
