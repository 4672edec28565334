#include "peers/value_store.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace ferrotunnel::peers {
namespace {

// Calls of watchers in one turn of the worker: a new link may bring thousands of values.
constexpr std::size_t value_calls_per_turn = 64;

directory::ClusterValue value_of(const cluster::SharedValues::Present& present, TimePoint now) {
    const Duration left = present.ends == never ? Duration::zero() : std::max(present.ends - now, Duration(1));
    return {present.text, present.member, left};
}

}  // namespace

bool ValueStore::set(const std::string& key, std::string text, Duration lifetime) {
    bool is_set = false;
    names_->update([&](cluster::Register& names, TimePoint now) {
        std::optional<cluster::Effects> effects = names.set_value(key, std::move(text), lifetime, now);
        is_set = effects.has_value();
        return std::move(effects).value_or(cluster::Effects{});
    });
    return is_set;
}

bool ValueStore::remove(const std::string& key) {
    bool is_removed = false;
    names_->update([&](cluster::Register& names, TimePoint now) {
        std::optional<cluster::Effects> effects = names.remove_value(key, now);
        is_removed = effects.has_value();
        return std::move(effects).value_or(cluster::Effects{});
    });
    return is_removed;
}

std::optional<directory::ClusterValue> ValueStore::get(const std::string& key) const {
    return names_->read([&](const cluster::Register& names, TimePoint now) {
        const auto present = names.values().get(key);
        return present && present->ends > now ? std::optional(value_of(*present, now)) : std::nullopt;
    });
}

std::vector<std::pair<std::string, directory::ClusterValue>> ValueStore::all(const std::string& prefix) const {
    std::vector<std::pair<std::string, directory::ClusterValue>> found;
    names_->read([&](const cluster::Register& names, TimePoint now) {
        names.values().for_each(prefix, [&](const std::string& key, const cluster::SharedValues::Present& present) {
            if (present.ends > now) {
                found.emplace_back(key, value_of(present, now));
            }
        });
    });
    return found;
}

void ValueStore::watch(std::string prefix, Watcher watcher) {
    {
        const MutexLock lock(mutex_);
        watched_.push_back(std::make_unique<Watched>(Watched{prefix, std::move(watcher), {}}));
    }
    for (const auto& [key, value] : all(prefix)) {
        on_value_changed(key);
    }
}

std::string ValueStore::own_member() const {
    return names_->members().name(names_->members().own());
}

std::vector<std::string> ValueStore::linked_members() const {
    std::vector<std::string> linked;
    names_->read([&](const cluster::Register& names, TimePoint) {
        const cluster::Members& members = names.members();
        for (std::size_t i = 0; i < members.size(); ++i) {
            const auto member = static_cast<cluster::MemberIndex>(i);
            if (member != members.own() && names.is_linked(member)) {
                linked.push_back(members.name(member));
            }
        }
    });
    return linked;
}

void ValueStore::on_value_changed(const std::string& key) {
    bool is_watched = false;
    {
        const MutexLock lock(mutex_);
        for (const std::unique_ptr<Watched>& watched : watched_) {
            if (key.starts_with(watched->prefix)) {
                watched->changed.insert(key);
                is_watched = true;
            }
        }
    }
    if (is_watched) {
        wake_();
    }
}

bool ValueStore::step() {
    const std::vector<Change> changes = take();
    for (const auto& [watched, key] : changes) {
        watched->watcher(key, get(key));
    }
    return changes.size() == value_calls_per_turn;
}

std::vector<ValueStore::Change> ValueStore::take() {
    std::vector<Change> changes;
    const MutexLock lock(mutex_);
    for (const std::unique_ptr<Watched>& watched : watched_) {
        while (!watched->changed.empty() && changes.size() < value_calls_per_turn) {
            auto first = watched->changed.extract(watched->changed.begin());
            changes.emplace_back(watched.get(), std::move(first.value()));
        }
    }
    return changes;
}

}  // namespace ferrotunnel::peers
