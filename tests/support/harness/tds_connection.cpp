#include "support/harness/tds_connection.hpp"

#include <fmt/format.h>
#include <sybdb.h>

#include <cstdlib>
#include <optional>

#include "support/harness/environment.hpp"
#include "support/harness/temp_folder.hpp"

namespace revsync::test {
namespace {

std::optional<SqlServerFailure> failure;

int on_error(DBPROCESS*, int, int number, int, char* text, char*) {
    if (!failure) {
        failure.emplace(number, fmt::format("db-lib {}: {}", number, text));
    }
    return INT_CANCEL;
}

int on_message(DBPROCESS*, DBINT number, int, int severity, char* text, char*, char*, int) {
    if (severity > 10 && (!failure || failure->number == SYBESMSG)) {
        failure.emplace(number, fmt::format("sql server {}: {}", number, text));
    }
    return 0;
}

// db-lib takes the encryption level from a configuration file only.
void initialise() {
    static const TempFolder folder;
    static const bool done = [] {
        const auto file = folder.path() / "freetds.conf";
        write_file(file, "[global]\n\ttds version = 7.4\n\tclient charset = UTF-8\n\tencryption = request\n");
        dbinit();
        dbsetifile(std::string{file}.data());
        dberrhandle(&on_error);
        dbmsghandle(&on_message);
        return true;
    }();
    static_cast<void>(done);
}

[[noreturn]] void fail(const std::string& what) {
    throw failure ? SqlServerFailure{failure->number, fmt::format("{}: {}", what, failure->what())}
                  : SqlServerFailure{0, what};
}

std::optional<std::string> text_of(DBPROCESS* process, int column) {
    const BYTE* data = dbdata(process, column);
    const DBINT length = dbdatlen(process, column);
    if (!data) {
        return std::nullopt;
    }
    const int type = dbcoltype(process, column);
    if (type == SYBCHAR || type == SYBVARCHAR || type == SYBTEXT) {
        return std::string{reinterpret_cast<const char*>(data), static_cast<std::size_t>(length)};
    }
    BYTE buffer[256];
    const DBINT converted = dbconvert(process, type, data, length, SYBCHAR, buffer, sizeof buffer);
    return std::string{reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(converted < 0 ? 0 : converted)};
}

}  // namespace

SqlServerAddress parse_sqlserver_url(const std::string& url) {
    const std::string rest = url.substr(std::string{"sqlserver://"}.size());
    const std::size_t at = rest.rfind('@');
    const std::size_t slash = rest.find('/', at);
    const std::string login = rest.substr(0, at);
    const std::string place = rest.substr(at + 1, slash - at - 1);
    const std::string database = rest.substr(slash + 1);
    SqlServerAddress address;
    address.user = login.substr(0, login.find(':'));
    address.password = login.substr(login.find(':') + 1);
    address.host = place.substr(0, place.rfind(':'));
    address.port = place.substr(place.rfind(':') + 1);
    address.database = database.substr(0, database.find('?'));
    return address;
}

TdsConnection::TdsConnection(const SqlServerAddress& address) : process_{nullptr, &dbclose} {
    initialise();
    failure.reset();
    const std::unique_ptr<LOGINREC, void (*)(LOGINREC*)> login{dblogin(), &dbloginfree};
    DBSETLUSER(login.get(), address.user.c_str());
    DBSETLPWD(login.get(), address.password.c_str());
    DBSETLAPP(login.get(), "revsync-test");
    DBSETLCHARSET(login.get(), "UTF-8");
    DBSETLDBNAME(login.get(), address.database.c_str());
    DBSETLVERSION(login.get(), DBVERSION_74);
    process_.reset(dbopen(login.get(), fmt::format("{}:{}", address.host, address.port).c_str()));
    if (!process_) {
        fail("cannot log in");
    }
    rows(
        "SET QUOTED_IDENTIFIER, ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL, "
        "XACT_ABORT ON; SET NUMERIC_ROUNDABORT OFF; SET TEXTSIZE 2147483647;");
}

Rows TdsConnection::rows(const std::string& sql) {
    failure.reset();
    Rows rows;
    if (dbcmd(process_.get(), sql.c_str()) == FAIL || dbsqlexec(process_.get()) == FAIL) {
        const std::optional<SqlServerFailure> first = failure;
        dbcancel(process_.get());
        failure = first;
        fail(fmt::format("{:.200}", sql));
    }
    for (RETCODE code; (code = dbresults(process_.get())) != NO_MORE_RESULTS;) {
        if (code == FAIL) {
            break;
        }
        for (STATUS status; (status = dbnextrow(process_.get())) != NO_MORE_ROWS && status != FAIL;) {
            Row& row = rows.emplace_back();
            for (int column = 1; column <= dbnumcols(process_.get()); ++column) {
                row.push_back(text_of(process_.get(), column));
            }
        }
    }
    if (failure) {
        const std::optional<SqlServerFailure> first = failure;
        dbcancel(process_.get());
        failure = first;
        fail(fmt::format("{:.200}", sql));
    }
    return rows;
}

}  // namespace revsync::test
