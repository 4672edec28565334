#include "session/kick_list.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace ferrotunnel::session {

KickList::Key KickList::key_of(const directory::ClientId& client, const std::string& name) {
    return {client.first, name, name.empty() ? client.second : wire::InstanceId{}};
}

void KickList::remove_expired(TimePoint now) {
    std::erase_if(entries_, [now](const auto& entry) { return entry.second.until <= now; });
}

bool KickList::keep_out(const std::vector<Client>& clients, TimePoint until, TimePoint now) {
    const MutexLock lock(mutex_);
    remove_expired(now);
    std::map<Key, Entry> all = entries_;
    for (const Client& client : clients) {
        all.insert_or_assign(key_of(client.client, client.name), Entry{client, until});
    }
    if (all.size() > clients_max_) {
        return false;
    }
    entries_ = std::move(all);
    return true;
}

std::vector<KickList::Client> KickList::change(const ClientQuery& client, TimePoint until, TimePoint now) {
    const MutexLock lock(mutex_);
    remove_expired(now);
    const auto change_those = [&](auto&& is_meant) REQUIRES(mutex_) {
        std::vector<Client> changed;
        for (auto& [key, entry] : entries_) {
            if (is_meant(entry.who)) {
                entry.until = until;
                entry.who.member.clear();
                changed.push_back(entry.who);
            }
        }
        return changed;
    };
    std::vector<Client> by_id = change_those(
        [&](const Client& who) { return who.id != 0 && client.allows_id() && std::to_string(who.id) == client.text; });
    return !by_id.empty()
               ? by_id
               : change_those([&](const Client& who) { return client.allows_name() && who.name == client.text; });
}

bool KickList::hear(const Client& client, TimePoint until, TimePoint now) {
    const MutexLock lock(mutex_);
    remove_expired(now);
    const Key key = key_of(client.client, client.name);
    const auto known = entries_.find(key);
    if (known != entries_.end()) {
        known->second.until = until;
        known->second.who.member = client.member;
        return true;
    }
    if (entries_.size() >= clients_max_) {
        return false;
    }
    entries_.emplace(key, Entry{client, until});
    return true;
}

void KickList::forget(const directory::ClientId& client, const std::string& name) {
    const MutexLock lock(mutex_);
    entries_.erase(key_of(client, name));
}

std::optional<KickList::Row> KickList::find(const directory::ClientId& client, const std::string& name,
                                            TimePoint now) const {
    const MutexLock lock(mutex_);
    if (entries_.empty()) {
        return std::nullopt;
    }
    const auto found = entries_.find(key_of(client, name));
    return found != entries_.end() && found->second.until > now
               ? std::optional(Row{found->second.who, found->second.until - now})
               : std::nullopt;
}

std::vector<KickList::Row> KickList::rows(TimePoint now) const {
    std::vector<Row> all;
    const MutexLock lock(mutex_);
    for (const auto& [key, entry] : entries_) {
        if (entry.until > now) {
            all.push_back({entry.who, entry.until - now});
        }
    }
    return all;
}

std::string format_wait(Duration left) {
    struct Unit {
        const char* name;
        std::int64_t seconds;
    };
    static constexpr std::array<Unit, 4> units{{{"d", 86'400}, {"h", 3'600}, {"m", 60}, {"s", 1}}};
    const std::int64_t seconds = std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(left).count(), 1);
    const auto* unit =
        std::find_if(units.begin(), units.end(), [&](const Unit& one) { return seconds >= one.seconds; });
    std::string text = std::to_string(seconds / unit->seconds) + unit->name;
    const std::int64_t rest = seconds % unit->seconds;
    if (const auto* next = unit + 1; next != units.end() && rest >= next->seconds) {
        text += std::to_string(rest / next->seconds) + next->name;
    }
    return text;
}

}  // namespace ferrotunnel::session
