#include "sync/echoes.hpp"

#include <algorithm>
#include <tuple>

namespace revsync {
namespace {

auto place(const Echo& echo) {
    return std::tie(echo.stream, echo.key, echo.stamped);
}

auto row(const Echo& echo) {
    return std::tie(echo.stream, echo.key);
}

}  // namespace

Result<void> Echoes::load() {
    Result<std::vector<Echo>> echoes = checkpoint_.load_echoes();
    if (!echoes) {
        return echoes.error();
    }
    echoes_ = std::move(*echoes);
    std::ranges::stable_sort(echoes_, {}, place);
    return {};
}

Result<void> Echoes::become(std::vector<Echo> next) {
    if (Result<void> saved = checkpoint_.save_echoes(next); !saved) {
        return saved;
    }
    echoes_ = std::move(next);
    return {};
}

Result<void> Echoes::remember(const std::vector<Echo>& echoes) {
    // Of two under one place the first stays, which is the new one.
    std::vector<Echo> next = echoes;
    next.insert(next.end(), echoes_.begin(), echoes_.end());
    std::ranges::stable_sort(next, {}, place);
    const auto same_place = [](const Echo& a, const Echo& b) { return place(a) == place(b); };
    next.erase(std::unique(next.begin(), next.end(), same_place), next.end());
    return become(std::move(next));
}

void Echoes::supersede(const std::vector<Echo>& committed) {
    for (const Echo& echo : committed) {
        const auto first = std::ranges::lower_bound(echoes_, row(echo), {}, row);
        const auto last = std::ranges::upper_bound(echoes_, row(echo), {}, row);
        const auto gone = std::remove_if(first, last, [&](const Echo& other) { return other.stamped != echo.stamped; });
        echoes_.erase(gone, last);
    }
}

Result<void> Echoes::forget(const std::function<bool(const Echo&)>& over) {
    std::vector<Echo> next;
    std::ranges::remove_copy_if(echoes_, std::back_inserter(next), over);
    return next.size() == echoes_.size() ? Result<void>{} : become(std::move(next));
}

const Echo* Echoes::find(const std::string& stream, const Key& key, Timestamp stamped) const {
    const auto wanted = std::tie(stream, key, stamped);
    const auto at = std::ranges::lower_bound(echoes_, wanted, {}, place);
    return at != echoes_.end() && place(*at) == wanted ? &*at : nullptr;
}

std::vector<Echo> Echoes::of(const std::string& stream, const Key& key) const {
    const auto wanted = std::tie(stream, key);
    return {std::ranges::lower_bound(echoes_, wanted, {}, row), std::ranges::upper_bound(echoes_, wanted, {}, row)};
}

void Echoes::translate(const Stream& stream, std::vector<Change>& changes) const {
    std::erase_if(changes, [&](Change& change) {
        const Echo* echo = find(stream.name, change.key, change.changed_at);
        if (echo && echo->edited) {
            change.changed_at = *echo->edited;
        }
        return echo && !echo->edited;
    });
}

void Echoes::translate(const Stream& stream, RowReadings& rows) const {
    for (Result<RowReading>& row : rows) {
        if (!row || row->presence != RowReading::Presence::present) {
            continue;
        }
        const Echo* echo = find(stream.name, row->change.key, row->change.changed_at);
        if (echo && echo->edited) {
            row->change.changed_at = *echo->edited;
        } else if (echo) {
            row->presence = RowReading::Presence::filtered;
        }
    }
}

}  // namespace revsync
