#include "service/windows_service_manager.hpp"

#include <windows.h>
// After windows.h, which they build on.
#include <aclapi.h>
#include <fmt/format.h>
#include <ntsecapi.h>
#include <sddl.h>

#include <array>
#include <boost/nowide/utf/convert.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>
#include <vector>

#include "service/service_verbs.hpp"

namespace revsync {
namespace {

namespace fs = std::filesystem;

constexpr wchar_t local_service[] = L"NT AUTHORITY\\LocalService";
constexpr wchar_t event_source[] = L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\ReverseSync";

std::wstring wide(const std::string& text) {
    return boost::nowide::utf::convert_string<wchar_t>(text.data(), text.data() + text.size());
}

std::string narrow(const std::wstring& text) {
    return boost::nowide::utf::convert_string<char>(text.data(), text.data() + text.size());
}

std::string next_step(DWORD code) {
    switch (code) {
        case ERROR_ACCESS_DENIED:
            return "access denied; open PowerShell with \"Run as administrator\" and try again";
        case ERROR_SERVICE_MARKED_FOR_DELETE:
            return "the service is being removed; close the Services window and the Event Viewer, and try again";
        case ERROR_SERVICE_LOGON_FAILED:
            return "its account cannot log on; run reverse-syncd service install --account again with the right "
                   "password";
        case ERROR_INVALID_SERVICE_ACCOUNT:
        case ERROR_NONE_MAPPED:
            return "there is no such account; check --account";
        case ERROR_SERVICE_DISABLED:
            return "the service is disabled; enable it in the Services window";
        case ERROR_SERVICE_CANNOT_ACCEPT_CTRL:
            return "the service is just starting or stopping; try again in a minute";
        case ERROR_SERVICE_REQUEST_TIMEOUT:
            return "the program did not answer within 30 s";
        case ERROR_FILE_NOT_FOUND:
        case ERROR_PATH_NOT_FOUND:
            return "the program is not where it was; run reverse-syncd service install again";
        default:
            return "look the code up with net helpmsg " + std::to_string(code);
    }
}

Error windows_error(std::string_view what, DWORD code) {
    return Error{Disposition::configuration, fmt::format("windows {}", code),
                 fmt::format("cannot {}: {}", what, next_step(code))};
}

Error last_error(std::string_view what) {
    return windows_error(what, ::GetLastError());
}

struct CloseService {
    void operator()(SC_HANDLE handle) const { ::CloseServiceHandle(handle); }
};
using ServiceHandle = std::unique_ptr<std::remove_pointer_t<SC_HANDLE>, CloseService>;

struct FreeLocal {
    void operator()(void* memory) const { ::LocalFree(memory); }
};
template <class T>
using LocalMemory = std::unique_ptr<T, FreeLocal>;

std::wstring program_path() {
    std::wstring path(32'768, L'\0');  // the longest that Windows has
    path.resize(::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
    return path;
}

fs::path data_folder() {
    const wchar_t* folder = ::_wgetenv(L"ProgramData");
    return fs::path{folder != nullptr ? folder : L"C:\\ProgramData"} / L"ReverseSync";
}

// What the service needs beyond its program and its account.
bool set_optional_parts(SC_HANDLE service) {
    std::wstring text{L"Keeps a Supabase (Postgres) database and an on-premise SQL Server in step."};
    SERVICE_DESCRIPTIONW description{text.data()};
    SERVICE_DELAYED_AUTO_START_INFO delayed{TRUE};
    constexpr DWORD day_seconds = 24 * 60 * 60;
    std::array<SC_ACTION, 3> again{
        {{SC_ACTION_RESTART, 5'000}, {SC_ACTION_RESTART, 30'000}, {SC_ACTION_RESTART, 60'000}}};
    SERVICE_FAILURE_ACTIONSW recovery{day_seconds, nullptr, nullptr, static_cast<DWORD>(again.size()), again.data()};
    SERVICE_FAILURE_ACTIONS_FLAG failures_too{TRUE};  // not only crashes: also "stopped" with an exit code
    SERVICE_SID_INFO sid{SERVICE_SID_TYPE_UNRESTRICTED};
    SERVICE_PRESHUTDOWN_INFO preshutdown{20'000};  // it ends by itself after 9 s
    const std::array<std::pair<DWORD, void*>, 6> parts{{{SERVICE_CONFIG_DESCRIPTION, &description},
                                                        {SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed},
                                                        {SERVICE_CONFIG_FAILURE_ACTIONS, &recovery},
                                                        {SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &failures_too},
                                                        {SERVICE_CONFIG_SERVICE_SID_INFO, &sid},
                                                        {SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown}}};
    for (const auto& [part, value] : parts) {
        // Wine 8 knows the first ones alone.
        if (::ChangeServiceConfig2W(service, part, value) == 0 && ::GetLastError() != ERROR_INVALID_LEVEL) {
            return false;
        }
    }
    return true;
}

using Sid = std::vector<std::byte>;

Result<Sid> sid_of(std::wstring account) {
    constexpr std::wstring_view here{L".\\"};
    if (account.starts_with(here)) {
        account.erase(0, here.size());
    }
    Sid sid(SECURITY_MAX_SID_SIZE);
    DWORD sid_size = SECURITY_MAX_SID_SIZE;
    // By their numbers: their names differ between languages.
    constexpr std::array<std::pair<const wchar_t*, WELL_KNOWN_SID_TYPE>, 3> known{
        {{local_service, WinLocalServiceSid},
         {L"NT AUTHORITY\\NetworkService", WinNetworkServiceSid},
         {L"LocalSystem", WinLocalSystemSid}}};
    for (const auto& [name, type] : known) {
        if (::_wcsicmp(account.c_str(), name) == 0) {
            if (::CreateWellKnownSid(type, nullptr, sid.data(), &sid_size) == 0) {
                return last_error("find the account of the service");
            }
            return sid;
        }
    }
    std::wstring domain(256, L'\0');
    auto domain_size = static_cast<DWORD>(domain.size());
    SID_NAME_USE use{};
    if (::LookupAccountNameW(nullptr, account.c_str(), sid.data(), &sid_size, domain.data(), &domain_size, &use) == 0) {
        return last_error("find the account " + narrow(account));
    }
    return sid;
}

// "Log on as a service", which a person's account does not have by itself.
Result<void> let_log_on(const std::wstring& account) {
    Result<Sid> sid = sid_of(account);
    if (!sid) {
        return sid.error();
    }
    LSA_OBJECT_ATTRIBUTES attributes{};
    LSA_HANDLE policy = nullptr;
    NTSTATUS status = ::LsaOpenPolicy(nullptr, &attributes, POLICY_CREATE_ACCOUNT | POLICY_LOOKUP_NAMES, &policy);
    if (status >= 0) {
        std::wstring name{L"SeServiceLogonRight"};
        const auto bytes = static_cast<USHORT>(name.size() * sizeof(wchar_t));
        LSA_UNICODE_STRING right{bytes, bytes, name.data()};
        status = ::LsaAddAccountRights(policy, sid->data(), &right, 1);
        ::LsaClose(policy);
    }
    if (status < 0) {
        return windows_error("let the account log on as a service", ::LsaNtStatusToWinError(status));
    }
    return {};
}

// System and administrators everything, the account to change files and to make new ones, nobody else anything.
Result<void> protect(const fs::path& folder, const std::wstring& account) {
    Result<Sid> sid = sid_of(account);
    if (!sid) {
        return sid.error();
    }
    wchar_t* sid_text = nullptr;
    if (::ConvertSidToStringSidW(sid->data(), &sid_text) == 0) {
        return last_error("name the account of the service");
    }
    const LocalMemory<wchar_t> sid_memory{sid_text};
    const std::wstring rights =
        L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;" + std::wstring{sid_text} + L")";
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(rights.c_str(), SDDL_REVISION_1, &descriptor, nullptr) ==
        0) {
        return last_error("describe the rights to the folder");
    }
    const LocalMemory<void> descriptor_memory{descriptor};
    PSID owner = nullptr;
    PACL list = nullptr;
    BOOL present = FALSE;
    BOOL defaulted = FALSE;
    ::GetSecurityDescriptorOwner(descriptor, &owner, &defaulted);
    ::GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted);
    std::wstring path = folder.wstring();
    const DWORD code = ::SetNamedSecurityInfoW(
        path.data(), SE_FILE_OBJECT,
        OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, owner, nullptr,
        list, nullptr);
    if (code != ERROR_SUCCESS) {
        return windows_error("protect the folder " + narrow(path), code);
    }
    return {};
}

// The resource REVSYNC_ENV, with the line ends of this system.
std::string env_template() {
    HRSRC found = ::FindResourceW(nullptr, L"REVSYNC_ENV", MAKEINTRESOURCEW(10) /* RT_RCDATA */);
    HGLOBAL loaded = found != nullptr ? ::LoadResource(nullptr, found) : nullptr;
    if (loaded == nullptr) {
        return {};
    }
    const std::string_view text{static_cast<const char*>(::LockResource(loaded)), ::SizeofResource(nullptr, found)};
    std::string result;
    for (const char letter : text) {
        result += letter == '\n' ? "\r\n" : std::string{letter};
    }
    return result;
}

class WindowsServiceManager final : public ServiceManager {
public:
    explicit WindowsServiceManager(ServiceHandle manager) : manager_{std::move(manager)} {}

    Result<std::optional<ServiceReport>> query() override;
    Result<void> install(const std::optional<ServiceAccount>& account) override;
    Result<std::string> prepare_folder() override;
    Result<void> remove_folder() override;
    Result<void> register_events() override;
    Result<void> unregister_events() override;
    Result<void> start() override;
    Result<void> stop() override;
    Result<void> remove() override;
    void pause() override { ::Sleep(static_cast<DWORD>(pause_length.count())); }

private:
    // Null, with GetLastError(), when it cannot be opened.
    ServiceHandle open(DWORD access) const {
        return ServiceHandle{::OpenServiceW(manager_.get(), windows_service_name, access)};
    }
    Result<std::wstring> account_in_force() const;

    ServiceHandle manager_;
};

Result<std::optional<ServiceReport>> WindowsServiceManager::query() {
    const ServiceHandle service = open(SERVICE_QUERY_STATUS);
    if (!service) {
        return ::GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST
                   ? Result<std::optional<ServiceReport>>{std::nullopt}
                   : Result<std::optional<ServiceReport>>{last_error("ask for the service")};
    }
    SERVICE_STATUS_PROCESS native{};
    DWORD needed = 0;
    if (::QueryServiceStatusEx(service.get(), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&native), sizeof native,
                               &needed) == 0) {
        return last_error("ask for the service");
    }
    ServiceReport report{.state = static_cast<ServiceState>(native.dwCurrentState),
                         .checkpoint = native.dwCheckPoint,
                         .wait_hint = std::chrono::milliseconds{native.dwWaitHint},
                         .process = native.dwProcessId,
                         .exit_code = native.dwWin32ExitCode};
    if (native.dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR) {
        report.exit_code = native.dwServiceSpecificExitCode;
    }
    return std::optional{report};
}

Result<void> WindowsServiceManager::install(const std::optional<ServiceAccount>& account) {
    const std::wstring command =
        L"\"" + program_path() + L"\" run --env-file \"" + (data_folder() / L".env").wstring() + L"\"";
    const std::wstring name = account ? wide(account->name) : std::wstring{};
    const std::wstring password = account ? wide(account->password) : std::wstring{};
    const AccountKind kind = account ? account_kind(account->name) : AccountKind::system;
    const bool has_password = account && (kind == AccountKind::system || kind == AccountKind::person);
    const wchar_t* user = account ? name.c_str() : nullptr;
    const wchar_t* secret = has_password ? password.c_str() : nullptr;
    constexpr DWORD access =
        SERVICE_CHANGE_CONFIG | SERVICE_QUERY_CONFIG | SERVICE_START;  // recovery asks for the last
    ServiceHandle service = open(access);
    if (!service && ::GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST) {
        return last_error("install the service");
    }
    if (service) {
        if (::ChangeServiceConfigW(service.get(), SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                                   command.c_str(), nullptr, nullptr, nullptr, user, secret, L"Reverse Sync") == 0) {
            return last_error("change the service");
        }
    } else {
        const ServiceHandle manager{::OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CREATE_SERVICE)};
        if (!manager) {
            return last_error("install the service");
        }
        service.reset(::CreateServiceW(manager.get(), windows_service_name, L"Reverse Sync", access,
                                       SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                                       command.c_str(), nullptr, nullptr, nullptr,
                                       user != nullptr ? user : local_service, secret));
        if (!service) {
            return last_error("install the service");
        }
    }
    if (!set_optional_parts(service.get())) {
        return last_error("set the service's recovery and times");
    }
    const bool may_have_to_be_let = kind == AccountKind::managed || kind == AccountKind::person;
    return may_have_to_be_let ? let_log_on(name) : Result<void>{};
}

Result<std::wstring> WindowsServiceManager::account_in_force() const {
    const ServiceHandle service = open(SERVICE_QUERY_CONFIG);
    if (!service) {
        return last_error("ask for the service's account");
    }
    constexpr DWORD most = 8 * 1024;  // what QueryServiceConfigW says of its buffer
    std::vector<std::uint64_t> buffer(most / sizeof(std::uint64_t));
    auto* configuration = reinterpret_cast<QUERY_SERVICE_CONFIGW*>(buffer.data());
    DWORD needed = 0;
    if (::QueryServiceConfigW(service.get(), configuration, most, &needed) == 0) {
        return last_error("ask for the service's account");
    }
    return std::wstring{configuration->lpServiceStartName};
}

Result<std::string> WindowsServiceManager::prepare_folder() {
    const auto account = account_in_force();
    if (!account) {
        return account.error();
    }
    const fs::path folder = data_folder();
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        return windows_error("make the folder " + narrow(folder.wstring()), static_cast<DWORD>(error.value()));
    }
    if (const auto done = protect(folder, *account); !done) {
        return done.error();
    }
    const fs::path env_file = folder / L".env";
    if (!fs::exists(env_file, error)) {
        std::ofstream file{env_file, std::ios::binary};
        file << env_template();
        file.close();
        if (!file) {
            return windows_error("write " + narrow(env_file.wstring()), ERROR_WRITE_FAULT);
        }
    }
    return narrow(env_file.wstring());
}

Result<void> WindowsServiceManager::remove_folder() {
    std::error_code error;
    fs::remove_all(data_folder(), error);
    if (error) {
        return windows_error("remove the folder " + narrow(data_folder().wstring()), static_cast<DWORD>(error.value()));
    }
    return {};
}

Result<void> WindowsServiceManager::register_events() {
    constexpr std::string_view what = "register the event source";
    HKEY key = nullptr;
    LSTATUS code =
        ::RegCreateKeyExW(HKEY_LOCAL_MACHINE, event_source, 0, nullptr, 0, KEY_SET_VALUE, nullptr, &key, nullptr);
    if (code != ERROR_SUCCESS) {
        return windows_error(what, static_cast<DWORD>(code));
    }
    const std::wstring program = program_path();
    const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    code = ::RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, reinterpret_cast<const BYTE*>(program.c_str()),
                            static_cast<DWORD>((program.size() + 1) * sizeof(wchar_t)));
    if (code == ERROR_SUCCESS) {
        code =
            ::RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, reinterpret_cast<const BYTE*>(&types), sizeof types);
    }
    ::RegCloseKey(key);
    if (code != ERROR_SUCCESS) {
        return windows_error(what, static_cast<DWORD>(code));
    }
    return {};
}

Result<void> WindowsServiceManager::unregister_events() {
    const LSTATUS code = ::RegDeleteTreeW(HKEY_LOCAL_MACHINE, event_source);
    if (code != ERROR_SUCCESS && code != ERROR_FILE_NOT_FOUND) {
        return windows_error("remove the event source", static_cast<DWORD>(code));
    }
    return {};
}

Result<void> WindowsServiceManager::start() {
    const ServiceHandle service = open(SERVICE_START);
    if (!service || ::StartServiceW(service.get(), 0, nullptr) == 0) {
        return last_error("start the service");
    }
    return {};
}

Result<void> WindowsServiceManager::stop() {
    const ServiceHandle service = open(SERVICE_STOP);
    SERVICE_STATUS status{};
    if (!service || ::ControlService(service.get(), SERVICE_CONTROL_STOP, &status) == 0) {
        return last_error("stop the service");
    }
    return {};
}

Result<void> WindowsServiceManager::remove() {
    const ServiceHandle service = open(DELETE);
    if (!service || ::DeleteService(service.get()) == 0) {
        return last_error("remove the service");
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<ServiceManager>> open_service_manager() {
    ServiceHandle manager{::OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT)};
    if (!manager) {
        return last_error("connect to the service control manager");
    }
    return std::unique_ptr<ServiceManager>{std::make_unique<WindowsServiceManager>(std::move(manager))};
}

Result<std::string> read_password(const std::string& prompt) {
    HANDLE input = ::GetStdHandle(STD_INPUT_HANDLE);
    DWORD mode = 0;
    if (::GetConsoleMode(input, &mode) == 0) {
        std::string line;
        if (!std::getline(std::cin, line)) {
            return Error{Disposition::configuration, "", "no password on standard input; pipe one line in"};
        }
        if (line.ends_with('\r')) {
            line.pop_back();
        }
        return line;
    }
    fmt::print(stderr, "{}", prompt);
    ::SetConsoleMode(input, mode & ~static_cast<DWORD>(ENABLE_ECHO_INPUT));
    std::wstring line(512, L'\0');  // longer than any password of Windows
    DWORD length = 0;
    const BOOL read = ::ReadConsoleW(input, line.data(), static_cast<DWORD>(line.size()), &length, nullptr);
    ::SetConsoleMode(input, mode);
    fmt::print(stderr, "\n");
    if (read == 0) {
        return last_error("read the password");
    }
    line.resize(length);
    while (line.ends_with(L'\n') || line.ends_with(L'\r')) {
        line.pop_back();
    }
    return narrow(line);
}

}  // namespace revsync
