#include <windows.h>

#include <memory>

#include "service/event_log.hpp"
#include "service/windows_service.hpp"

namespace revsync {
namespace {

WORD event_type(EventId id) {
    switch (id) {
        case EventId::error:
            return EVENTLOG_ERROR_TYPE;
        case EventId::warning:
            return EVENTLOG_WARNING_TYPE;
        default:
            return EVENTLOG_INFORMATION_TYPE;
    }
}

}  // namespace

Logger::Write write_events() {
    const std::shared_ptr<void> source{::RegisterEventSourceW(nullptr, windows_service_name), [](HANDLE handle) {
                                           if (handle != nullptr) {
                                               ::DeregisterEventSource(handle);
                                           }
                                       }};
    return [source](Level level, std::string_view line) {
        const std::u16string text = event_text(line);
        const auto* wide = reinterpret_cast<const wchar_t*>(text.c_str());  // both are UTF-16 here
        const EventId id = event_id(level);
        ::ReportEventW(source.get(), event_type(id), 0, static_cast<DWORD>(id), nullptr, 1, 0, &wide, nullptr);
    };
}

}  // namespace revsync
