#include "session/registration_table.hpp"

#include <algorithm>

namespace ferrotunnel::session {

login::Digest digest_of(const wire::Service& service) {
    const std::vector<wire::ControlPayload> encoded = wire::encode_register(1, {&service, 1});
    return login::sha256({encoded.front()});
}

RegistrationTable::EntryPtr RegistrationTable::find(const Key& key) const {
    const auto found = entries_.find(key);
    return found != entries_.end() ? found->second : nullptr;
}

RegistrationTable::Answer RegistrationTable::enter(Key& key, directory::SessionKey trunk, TimePoint now,
                                                   Callback callback, Decision& decision) {
    const MutexLock lock(mutex_);
    while (!kept_.empty() && kept_.front()->kept_until <= now) {
        erase(kept_.front());
    }
    EntryPtr entry = find(key);
    if (entry && entry->decision && entry->deciding_trunk == 0) {
        unkeep(entry);
        entry->trunks.push_back(trunk);
        decision = entry->decision;
        key = entry->names.front();
        return Answer::join;
    }
    if (entry) {
        entry->waiting.emplace_back(trunk, std::move(callback));
        return Answer::wait;
    }
    entry = std::make_shared<Entry>();
    entry->names.push_back(key);
    entry->deciding_trunk = trunk;
    entries_.emplace(key, std::move(entry));
    return Answer::ask;
}

void RegistrationTable::accept(const Key& key, directory::SessionKey trunk, Decision decision) {
    const MutexLock lock(mutex_);
    if (const EntryPtr entry = find(key); entry && entry->deciding_trunk == trunk) {
        entry->trunks.push_back(trunk);
        entry->decision = std::move(decision);
    }
}

void RegistrationTable::registered(const Key& key, directory::SessionKey trunk) {
    Waiting waiting;
    {
        const MutexLock lock(mutex_);
        if (const EntryPtr entry = find(key); entry && entry->deciding_trunk == trunk) {
            entry->deciding_trunk = 0;
            waiting.swap(entry->waiting);
        }
    }
    notify(waiting);
}

void RegistrationTable::leave(const Key& key, directory::SessionKey trunk, TimePoint now) {
    Waiting waiting;
    {
        const MutexLock lock(mutex_);
        const EntryPtr entry = find(key);
        if (!entry) {
            return;
        }
        std::erase_if(entry->waiting, [trunk](const auto& each) { return each.first == trunk; });
        const bool had = std::erase(entry->trunks, trunk) > 0;
        if (entry->deciding_trunk == trunk) {
            entry->deciding_trunk = 0;
            waiting.swap(entry->waiting);
        }
        if (!entry->decision && entry->deciding_trunk == 0) {
            erase(entry);
        } else if (had && entry->trunks.empty()) {
            keep(entry, now);
        }
    }
    notify(waiting);
}

void RegistrationTable::notify(const Waiting& waiting) {
    for (const auto& [trunk, callback] : waiting) {
        callback();
    }
}

void RegistrationTable::add_name(const Key& key, const Key& also) {
    const MutexLock lock(mutex_);
    const EntryPtr entry = find(key);
    if (!entry || !entry->decision || entries_.contains(also)) {
        return;
    }
    if (entry->names.size() > 1) {  // names assigned before are free now
        entries_.erase(entry->names.back());
        entry->names.pop_back();
    }
    entry->names.push_back(also);
    entries_.emplace(also, entry);
}

void RegistrationTable::forget(const Key& key, directory::SessionKey trunk) {
    const MutexLock lock(mutex_);
    const EntryPtr entry = find(key);
    // Another trunk may have reported that before, and have registered the service again.
    if (entry && std::find(entry->trunks.begin(), entry->trunks.end(), trunk) != entry->trunks.end()) {
        erase(entry);
    }
}

void RegistrationTable::keep(const EntryPtr& entry, TimePoint now) {
    if (kept_.size() >= kept_max) {
        erase(kept_.front());
    }
    entry->kept_until = now + kept_for;
    entry->place = kept_.insert(kept_.end(), entry);
}

void RegistrationTable::unkeep(const EntryPtr& entry) {
    if (entry->kept_until != never) {
        entry->kept_until = never;
        kept_.erase(entry->place);
    }
}

// `entry` may be an element of the list that it is removed from.
void RegistrationTable::erase(const EntryPtr& entry) {
    const EntryPtr held = entry;
    unkeep(held);
    for (const Key& name : held->names) {
        entries_.erase(name);
    }
}

std::size_t RegistrationTable::size() const {
    const MutexLock lock(mutex_);
    std::size_t size = 0;
    for (const auto& [key, entry] : entries_) {
        size += entry->names.front() < key || key < entry->names.front() ? 0U : 1U;
    }
    return size;
}

}  // namespace ferrotunnel::session
