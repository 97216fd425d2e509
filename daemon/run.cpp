#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

#include "command_line.hpp"
#include "commands.hpp"
#include "configuration.hpp"
#include "server.hpp"
#include "service/host.hpp"
#include "stopper.hpp"

namespace revsync {

namespace asio = boost::asio;

namespace {

// What one reading of the settings brought to life.
struct Generation {
    Generation(Configuration configuration, const Host& host)
        : settings{std::move(configuration.loaded.settings)},
          mapping{std::move(configuration.mapping)},
          logger{make_logger(settings, stdout, host.log())} {}

    const Settings settings;
    const Mapping mapping;
    const Logger logger;
    std::unique_ptr<Server> server;
};

// The daemon under a host: one generation after the other, each in the place of the one before.
class Service {
public:
    Service(Host& host, std::optional<std::filesystem::path> env_file)
        : host_{host}, env_file_{std::move(env_file)}, stopper_{io_, [&host](int exit_code) {
                                                                    host.exit_now(exit_code);
                                                                }} {}
    ~Service() { host_.close(); }
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    int run(Configuration configuration);

private:
    HostRequests requests();
    void stop();
    void reload();

    asio::awaitable<void> serve();
    Result<void> start(std::unique_ptr<Generation> generation);
    bool change_over();
    static void refuse(const Error& error, const Logger& logger);
    void note_change();
    std::string describe_now() const;

    asio::io_context io_{1};
    Host& host_;
    const std::optional<std::filesystem::path> env_file_;
    Stopper stopper_;
    std::unique_ptr<Generation> current_;
    std::unique_ptr<Generation> next_;  // has been read, and waits until the current one has ended
    ListeningSockets kept_;             // for the next, where it listens on the same HOST and PORT
    bool ready_ = false;                // this start or reload is over
    int exit_code_ = exit_good;
};

int Service::run(Configuration configuration) {
    // Before the first line of the log: whoever has read it may send a signal.
    host_.open(io_, requests());
    const Result<void> started = start(std::make_unique<Generation>(std::move(configuration), host_));
    if (!started) {
        current_->logger.error("❌ {}", describe(started.error()));
        return exit_usage;
    }
    asio::co_spawn(io_, serve(), [](const std::exception_ptr& failure) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
    io_.run();
    return exit_code_;
}

HostRequests Service::requests() {
    return {[this] { stop(); }, [this] { reload(); }, [this] { current_->server->catch_up(); },
            [this] { return describe_now(); }};
}

void Service::stop() {
    next_.reset();
    stopper_.request(current_->logger, [this] { current_->server->stop(); });
    host_.stopping(Stopper::grace);
}

void Service::reload() {
    if (stopper_.requested()) {
        return;
    }
    host_.reloading();
    Result<Configuration> configuration = read_configuration(env_file_);
    if (!configuration) {
        refuse(configuration.error(), current_->logger);
        if (ready_ && !next_) {
            host_.ready();
        }
        return;
    }
    log_warnings(configuration->loaded, current_->logger);
    current_->logger.info("🔁 Reloading the settings: the batch in hand is finished first");
    next_ = std::make_unique<Generation>(std::move(*configuration), host_);
    if (next_->settings.host != current_->settings.host || next_->settings.port != current_->settings.port) {
        kept_.clear();
    } else if (kept_.empty()) {
        kept_ = current_->server->sockets();
    }
    current_->server->stop();
}

asio::awaitable<void> Service::serve() {
    do {
        co_await current_->server->run();
        if (!stopper_.requested()) {
            co_await current_->server->quiet();
        }
    } while (change_over());
    stopper_.done();
    host_.close();
    current_->logger.info("⏹️  Stopped");
    if (current_->server && current_->server->asking()) {
        host_.exit_now(exit_code_);
    }
}

Result<void> Service::start(std::unique_ptr<Generation> generation) {
    current_ = std::move(generation);
    auto server = Server::create(current_->settings, current_->mapping, current_->logger, io_.get_executor(),
                                 std::exchange(kept_, {}));
    if (!server) {
        return server.error();
    }
    current_->server = std::move(*server);
    current_->server->on_change([this] { note_change(); });
    ready_ = false;
    return {};
}

// Whether there is a generation to go on with.
bool Service::change_over() {
    if (stopper_.requested() || !next_) {
        return false;
    }
    std::unique_ptr<Generation> former = std::move(current_);
    former->server.reset();  // it holds the state file
    const Result<void> started = start(std::move(next_));
    if (started) {
        current_->logger.info("🔁 Settings reloaded");
        return true;
    }
    refuse(started.error(), former->logger);
    const Result<void> restarted = start(std::move(former));
    if (!restarted) {
        current_->logger.error("❌ {}", describe(restarted.error()));
        exit_code_ = exit_failed;
    }
    return restarted.has_value();
}

void Service::refuse(const Error& error, const Logger& logger) {
    logger.error("❌ Settings not reloaded, the former ones stay: {}", describe(error));
}

void Service::note_change() {
    if (!ready_ && !next_ && !stopper_.requested() && current_->server->contacted()) {
        ready_ = true;
        host_.ready();
    } else {
        host_.changed();
    }
}

std::string Service::describe_now() const {
    if (stopper_.requested()) {
        return "stopping: the batch in hand is finished first";
    }
    return next_ ? "reloading the settings" : current_->server->in_brief();
}

}  // namespace

int run_daemon(Host& host, const std::optional<std::filesystem::path>& env_file) {
    Result<SettingsFromMachine> machine = settings_from_machine(env_file);
    if (!machine) {
        complain(machine.error(), host.log());
        return exit_usage;
    }
    const Logger logger = make_logger(machine->loaded.settings, stdout, host.log());
    log_warnings(machine->loaded, logger);
    Result<Mapping> mapping = read_named_files(machine->loaded.settings);
    if (!mapping) {
        logger.error("❌ {}", describe(mapping.error()));
        return exit_usage;
    }
    Service service{host, env_file};
    return service.run({std::move(machine->loaded), std::move(*mapping)});
}

}  // namespace revsync
