#include "config/environment.hpp"

#include <fmt/format.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "config/env_file.hpp"
#include "core/utf8_path.hpp"

namespace revsync {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

void set_variable(const char* name, const char* value) {
#ifdef _WIN32
    ::_putenv_s(name, value);
#else
    ::setenv(name, value, 1);
#endif
}

void remove_variable(const char* name) {
#ifdef _WIN32
    ::_putenv_s(name, "");
#else
    ::unsetenv(name);
#endif
}

class EnvironmentTest : public testing::Test {
protected:
    EnvironmentTest() : home_{fs::current_path()} {
        std::random_device random;
        do {
            folder_ = fs::temp_directory_path() / fmt::format("revsync-{:08x}", random());
        } while (!fs::create_directory(folder_));
        fs::current_path(folder_);
    }
    ~EnvironmentTest() override {
        fs::current_path(home_);
        fs::remove_all(folder_);
    }

    fs::path write(std::string_view name, std::string_view text, fs::perms mode = fs::perms{0600}) {
        const auto path = folder_ / name;
        std::ofstream{path, std::ios::binary} << text;
        fs::permissions(path, mode);
        return path;
    }

    fs::path home_;
    fs::path folder_;
};

TEST_F(EnvironmentTest, holds_the_variables_of_the_process) {
    set_variable("REVSYNC_TEST_VARIABLE", "a=b");
    EXPECT_EQ(process_environment().at("REVSYNC_TEST_VARIABLE"), "a=b");
    remove_variable("REVSYNC_TEST_VARIABLE");
}

#ifdef _WIN32

TEST_F(EnvironmentTest, holds_a_variable_in_arabic) {
    ::_wputenv_s(L"REVSYNC_TEST_VARIABLE", L"\u0639\u064a\u0627\u062f\u0629");
    EXPECT_EQ(process_environment().at("REVSYNC_TEST_VARIABLE"), "\u0639\u064a\u0627\u062f\u0629");
    remove_variable("REVSYNC_TEST_VARIABLE");
}

TEST_F(EnvironmentTest, looks_in_the_current_folder_and_then_in_that_of_the_platform) {
    EXPECT_THAT(default_env_files({{"PROGRAMDATA", "C:\\Daten"}}),
                ElementsAre(fs::path{"./.env"}, fs::path{"C:\\Daten\\ReverseSync\\.env"}));
}

#else

TEST_F(EnvironmentTest, looks_in_the_current_folder_and_then_in_that_of_the_platform) {
    EXPECT_THAT(default_env_files({}), ElementsAre(fs::path{"./.env"}, fs::path{"/etc/reverse-sync/.env"}));
}

#endif

TEST_F(EnvironmentTest, reads_a_file_in_a_folder_with_an_arabic_name) {
    const auto profile = folder_ / path_from_utf8("\u0639\u064a\u0627\u062f\u0629");
    fs::create_directory(profile);
    std::ofstream{profile / ".env"} << "LOG_LEVEL=loud\n";
    const auto loaded = settings_from_machine(path_from_utf8(profile.string()) / ".env");
    ASSERT_TRUE(loaded.has_error());
    EXPECT_THAT(loaded.error().text, AllOf(HasSubstr("LOG_LEVEL"), HasSubstr("\u0639\u064a\u0627\u062f\u0629")));
}

TEST_F(EnvironmentTest, reads_the_file_of_the_current_folder) {
    write(".env", "LOG_LEVEL=debug\n");
    const auto found = read_env_file(std::nullopt, {});
    ASSERT_FALSE(found.has_error());
    ASSERT_TRUE(found->has_value());
    EXPECT_EQ((*found)->text, "LOG_LEVEL=debug\n");
    EXPECT_FALSE((*found)->readable_by_others);
}

TEST_F(EnvironmentTest, insists_on_a_file_that_was_named) {
    const auto found = read_env_file(folder_ / "missing.env", {});
    ASSERT_TRUE(found.has_error());
    EXPECT_EQ(found.error().disposition, Disposition::configuration);
    EXPECT_THAT(found.error().text, AllOf(HasSubstr("missing.env"), HasSubstr("no such file")));
}

TEST_F(EnvironmentTest, takes_no_folder_for_a_file) {
    const auto found = read_env_file(folder_, {});
    ASSERT_TRUE(found.has_error());
    EXPECT_THAT(found.error().text, HasSubstr("it is a folder"));
}

TEST_F(EnvironmentTest, does_not_swallow_a_file_without_end) {
    const auto path = write("huge.env", std::string(env_file_limit_bytes * 4, '#'));
    const auto loaded = settings_from_machine(path);
    ASSERT_TRUE(loaded.has_error());
    EXPECT_THAT(loaded.error().text, HasSubstr("larger than"));
}

TEST_F(EnvironmentTest, says_which_file_a_mistake_is_in) {
    const auto path = write("clinic.env", "LOG_LEVEL=loud\n");
    const auto loaded = settings_from_machine(path);
    ASSERT_TRUE(loaded.has_error());
    EXPECT_THAT(loaded.error().text, AllOf(HasSubstr("LOG_LEVEL"), HasSubstr(path.string())));
}

#ifndef _WIN32
TEST_F(EnvironmentTest, warns_when_everybody_can_read_the_passwords) {
    const auto open = settings_from_machine(write("open.env", "", fs::perms{0644}));
    ASSERT_FALSE(open.has_error());
    EXPECT_THAT(open->loaded.warnings, testing::Contains(HasSubstr("chmod 640")));
    const auto closed = settings_from_machine(write("closed.env", "", fs::perms{0640}));
    ASSERT_FALSE(closed.has_error());
    EXPECT_THAT(closed->loaded.warnings, Not(testing::Contains(HasSubstr("chmod 640"))));
    EXPECT_EQ(closed->env_file, folder_ / "closed.env");
}
#endif

}  // namespace
}  // namespace revsync
