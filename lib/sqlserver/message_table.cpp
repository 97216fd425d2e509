#include "sqlserver/message_table.hpp"

#include <algorithm>
#include <array>

namespace revsync::sqlserver {
namespace {

using enum Disposition;

constexpr int first_user_number = 50000;
constexpr bool quote = true;
constexpr bool silent = false;

constexpr MessageMeaning user_message{first_user_number, row, silent,
                                      "a trigger or procedure of the database refused the row"};

// In order of their numbers. https://learn.microsoft.com/sql/relational-databases/errors-events/
constexpr std::array meanings = std::to_array<MessageMeaning>({
    {102, stream, silent, "the server does not understand the statement; check its version and compatibility level"},
    {137, stream, silent, "the server does not understand the statement; check its version and compatibility level"},
    {156, stream, silent, "the server does not understand the statement; check its version and compatibility level"},
    {195, stream, quote, "the server lacks a function; SQL Server 2016 or later is needed"},
    {206, stream, quote, "a column's type cannot be written from text; take it out of the mapping"},
    {207, stream, quote, "a column is missing; compare the mapping with the table"},
    {208, stream, quote, "a table is missing; compare the mapping with the database"},
    {213, stream, quote, "the table's columns have changed; compare the mapping with the table"},
    {220, row, silent, "a number is out of range for its column"},
    {229, stream, quote, "permission is missing; grant it to the login"},
    {230, stream, quote, "permission on a column is missing; grant it to the login"},
    {232, row, silent, "a number is out of range for its column"},
    {233, retry, silent, "the server closed the connection"},
    {235, row, silent, "a text is not an amount of money"},
    {237, row, silent, "a number is out of range for its column"},
    {241, row, silent, "a text is not a date or time"},
    {242, row, silent, "a date or time is out of range for its column"},
    {245, row, silent, "a text is not a number"},
    {248, row, silent, "a number is out of range for its column"},
    {257, stream, quote, "a column's type cannot be written from text; take it out of the mapping"},
    {262, stream, quote, "permission is missing; grant it to the login"},
    {271, stream, quote, "a computed column cannot be written; take it out of the mapping"},
    {273, stream, silent, "a timestamp column cannot be written; take it out of the mapping"},
    {295, row, silent, "a text is not a date or time"},
    {296, row, silent, "a date or time is out of range for its column"},
    {511, row, silent, "the row is larger than the table can hold"},
    {515, row, quote, "a column does not accept NULL"},
    {517, row, silent, "a date or time is out of range for its column"},
    {529, stream, quote, "a column's type cannot be written from text; take it out of the mapping"},
    {544, row, quote, "the table refuses keys from outside"},
    {547, row, quote, "a constraint refuses the row"},
    {596, retry, silent, "the session was ended by the server"},
    {601, retry, silent, "the data moved while it was read"},
    {701, retry, silent, "the server is out of memory; give it more or close other work"},
    {802, retry, silent, "the server is out of buffer memory; give it more or close other work"},
    {911, configuration, quote, "the database does not exist; check DB_NAME"},
    {916, configuration, quote, "the login may not use the database; create a user for it"},
    {921, retry, silent, "the database is still being recovered"},
    {922, retry, silent, "the database is still being recovered"},
    {924, retry, silent, "the database is in use by one single user"},
    {927, retry, silent, "the database is being restored"},
    {942, configuration, quote, "the database is offline; bring it online"},
    {945, configuration, quote, "the database cannot be opened; see the server's error log"},
    {983, retry, silent, "the database is changing its availability role"},
    {1088, stream, quote, "the table is missing, or the login lacks ALTER on it, which writing identity keys needs"},
    {1101, retry, quote, "a disk of the server is full; make room"},
    {1105, retry, quote, "a disk of the server is full; make room"},
    {1204, retry, silent, "the server is out of locks"},
    {1205, retry, quote, "chosen as the victim of a deadlock"},
    {1222, retry, quote, "another session holds a lock for too long"},
    {1505, stream, silent, "a unique index could not be made over the batch"},
    {1934, stream, quote, "a session setting does not fit an indexed or computed column"},
    {2601, row, silent, "another row already has this value in a unique index"},
    {2627, row, silent, "another row already has this value in a unique or primary key"},
    {2628, row, silent, "a text is longer than its column"},
    {2812, stream, quote, "a procedure is missing; SQL Server 2016 or later is needed"},
    {3609, row, silent, "a trigger ended the transaction"},
    {3616, row, silent, "a trigger failed and ended the transaction"},
    {3906, configuration, quote, "the database is read-only; make it writable"},
    {3930, row, silent, "a trigger failed and spoilt the transaction"},
    {3960, retry, silent, "another session changed the same rows"},
    {3988, retry, silent, "the session still has work in progress"},
    {4060, retry, quote, "the database cannot be opened; check DB_NAME and the login's access to it"},
    {4064, configuration, quote, "the login's default database cannot be opened; check DB_NAME"},
    {4104, stream, quote, "a column is missing; compare the mapping with the table"},
    {4221, retry, silent, "the server's replica is not ready"},
    {4834, stream, quote, "permission is missing; grant it to the login"},
    {4924, stream, quote, "a column is missing; compare the mapping with the table"},
    {6002, retry, silent, "the server is shutting down"},
    {6005, retry, silent, "the server is shutting down"},
    {8101, stream, quote, "an identity column cannot be written; compare the mapping with the table"},
    {8102, stream, quote, "an identity column cannot be updated; take it out of the mapping"},
    {8106, stream, quote, "the key is no identity any more; the table has changed"},
    {8107, stream, quote, "identity insert is on for another table in this session"},
    {8114, row, silent, "a value does not fit the type of its column"},
    {8115, row, silent, "a number or date is out of range for its column"},
    {8134, row, silent, "a computed column divided by zero"},
    {8152, row, silent, "a text is longer than its column"},
    {8169, row, silent, "a text is not a unique identifier"},
    {8180, stream, silent, "the statement could not be prepared"},
    {8623, retry, silent, "the server is out of resources for the query"},
    {8645, retry, silent, "the server is short of memory; give it more or close other work"},
    {8651, retry, silent, "the server is short of memory; give it more or close other work"},
    {9002, retry, quote, "the database's transaction log is full; back it up or make room"},
    {9402, row, silent, "a text is not XML"},
    {9420, row, silent, "a text is not XML"},
    {9803, row, silent, "a value does not fit the type of its column"},
    {9807, row, silent, "a text is not a date or time"},
    {9820, configuration, silent, "the time zone is not known to SQL Server; check DB_TIMEZONE"},
    {10053, retry, silent, "the connection was lost"},
    {10054, retry, silent, "the connection was lost"},
    {10060, retry, silent, "the server does not answer"},
    {10928, retry, silent, "the server is at its limit of resources"},
    {10929, retry, silent, "the server is at its limit of resources"},
    {13603, row, silent, "a value of the row is not valid JSON"},
    {13608, row, silent, "a value of the row is missing in its JSON"},
    {13609, row, silent, "the row's JSON cannot be read"},
    {15281, configuration, silent, "the server blocks a procedure that is needed"},
    {17142, retry, silent, "the server is paused"},
    {17187, retry, silent, "the server is starting"},
    {17809, retry, silent, "the server has too many connections"},
    {18401, retry, silent, "the server is in script upgrade mode after its start"},
    {18451, retry, silent, "the server is shutting down"},
    {18452, configuration, silent, "the login is not trusted; use a SQL Server login (DB_USER, DB_PASSWORD)"},
    {18456, configuration, quote, "login failed; check DB_USER and DB_PASSWORD"},
    {18461, retry, silent, "the server is in single-user mode"},
    {18470, configuration, quote, "the login is disabled; enable it"},
    {18486, configuration, quote, "the login is locked; unlock it"},
    {18487, configuration, quote, "the login's password has expired; change it"},
    {18488, configuration, quote, "the login's password must be changed"},
    {40143, retry, silent, "the server had a passing failure"},
    {40197, retry, silent, "the server had a passing failure"},
    {40501, retry, silent, "the server is busy"},
    {40540, retry, silent, "the server had a passing failure"},
    {40613, retry, silent, "the database is not available at the moment"},
    {49918, retry, silent, "the server is at its limit of resources"},
    {49919, retry, silent, "the server is at its limit of resources"},
    {49920, retry, silent, "the server is at its limit of resources"},
});

static_assert(std::ranges::is_sorted(meanings, {}, &MessageMeaning::number));

}  // namespace

const MessageMeaning* find_meaning(int number) {
    if (number >= first_user_number) {
        return &user_message;
    }
    const auto* found = std::ranges::lower_bound(meanings, number, {}, &MessageMeaning::number);
    return found != meanings.end() && found->number == number ? &*found : nullptr;
}

}  // namespace revsync::sqlserver
