#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <windows.h>

#include <array>
#include <filesystem>
#include <memory>

#include "service/event_log.hpp"

namespace revsync {
namespace {

// What the Event Viewer shows of an event whose text is `line`: the program's own message of that id, filled in.
std::wstring shown(HMODULE program, EventId id, std::wstring line) {
    std::array arguments{reinterpret_cast<DWORD_PTR>(line.data())};
    wchar_t* text = nullptr;
    const DWORD length = ::FormatMessageW(
        FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY | FORMAT_MESSAGE_ALLOCATE_BUFFER, program,
        static_cast<DWORD>(id), 0, reinterpret_cast<wchar_t*>(&text), 0, reinterpret_cast<va_list*>(arguments.data()));
    const std::unique_ptr<wchar_t, decltype(&::LocalFree)> owner{text, ::LocalFree};
    return text == nullptr ? std::wstring{} : std::wstring{text, length};
}

TEST(MessageTable, ShowsTheLineOfTheLogForEachLevel) {
    const std::filesystem::path path{REVSYNC_PROGRAM};
    const HMODULE program = ::LoadLibraryExW(path.c_str(), nullptr, LOAD_LIBRARY_AS_DATAFILE);
    ASSERT_NE(program, nullptr) << path << ": " << ::GetLastError();
    const std::wstring line = L"✅ Synced 5/5 notes (0 errors), 100 % of مەلا";
    for (const EventId id : {EventId::information, EventId::warning, EventId::error}) {
        EXPECT_EQ(shown(program, id, line), line + L"\r\n");
    }
    EXPECT_EQ(shown(program, EventId{4}, line), L"");
    ::FreeLibrary(program);
}

}  // namespace
}  // namespace revsync
