// The judgement on a Status that every face of the daemon shares: one word, one sentence.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "sync/status.hpp"

namespace revsync::http {

// The worst that is true, from good to bad.
enum class Health {
    in_step,      // the last poll was complete, nothing is parked, nothing fails
    catching_up,  // a poll runs, or none has been complete since the start
    rows_parked,  // all is in step but for single rows, or queued edits, that the target refuses
    standing_by,  // another daemon does the work
    not_polling,  // disabled, or a database is not configured
    failing       // a database, a stream or the queue cannot be used
};

// "in_step", as in the JSON.
std::string_view to_string(Health health) noexcept;
// "In step", as people read it.
std::string_view words(Health health) noexcept;

struct Standing {
    Health health = Health::in_step;
    std::string headline;  // one sentence with its full stop
};

Standing standing(const revsync::Status& status);

// The same in a few words, for one line among others: "in step, 12 s ago; 1 parked".
std::string in_brief(const revsync::Status& status);

// "SQL Server" for "sqlserver"; an unknown name as it is.
std::string_view title(std::string_view end) noexcept;

// "12 s ago", "3 min ago", "5 h ago", "2 days ago", cut to the unit; "just now" below a second and for what is to come.
std::string ago(Timestamp then, Timestamp now);
// "in 48 min"; "now" when it has come.
std::string until(Timestamp then, Timestamp now);

// Over all streams; Status::parked lists only some of them.
std::size_t parked_rows(const revsync::Status& status);

// The earliest last complete poll of the streams from Supabase: everything older is settled. nullopt: a stream had none
// yet.
std::optional<Timestamp> last_complete(const revsync::Status& status);

}  // namespace revsync::http
