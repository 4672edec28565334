#include "issuance/name_set.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "acme/limits.hpp"
#include "base/text.hpp"
#include "issuance/configured_names.hpp"
#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {
namespace {

// A time further ahead than any that is ever set was set while the clock was wrong.
WallTime plausible(WallTime next, WallTime now) {
    const auto longest = acme::limits::retry_after_max + acme::limits::retry_after_max / 5;
    return next > now + longest ? now : next;
}

SavedFailure saved_failure(const NameEntry& entry) {
    return {entry.failures,    entry.next,   entry.is_at_staging, printable(entry.problem, limits::saved_problem_max),
            entry.failed_ways, entry.is_hint};
}

// When the files of a certificate that nobody wants are removed.
WallTime removal_time(const NameEntry& entry) {
    const WallTime last_use = std::max(entry.offered, entry.chain->not_before);
    return std::min(entry.chain->not_after + limits::unoffered_max, last_use + limits::unwanted_max);
}

// When it is examined whether they are removed. That time may have passed: before the start, or for a name that is
// configured, or whose renewal fails.
WallTime examination_time(const NameEntry& entry, WallTime now) {
    const WallTime removal = removal_time(entry);
    return removal > now ? removal : now + limits::offered_interval;
}

}  // namespace

bool has_names(const acme::IssuedChain& chain, const acme::Identifiers& names) {
    std::vector<std::string> wanted = values_of(names);
    std::vector<std::string> present = chain.names;
    std::sort(wanted.begin(), wanted.end());
    std::sort(present.begin(), present.end());
    return wanted == present;
}

void NameSet::load(const Failures& failures, WallTime now) {
    for (const auto& [name, saved] : failures) {
        SavedFailure failure = saved;
        failure.next = plausible(failure.next, now);
        keep_failure(name, std::move(failure));
    }
    for (const std::string& file : needs_.store.certificate_names()) {
        (void)load_file(file, now);
    }
}

NameEntry* NameSet::load_file(const std::string& file, WallTime now) {
    auto found = needs_.store.certificate(file);
    if (!found || !found.value()) {
        if (!found) {
            needs_.log.warn("a file of the store for certificates is ignored", {{"reason", found.error()}});
        }
        return nullptr;
    }
    acme::Identifiers names = read_names(found.value()->chain.names);
    const acme::Identifier* const shown = shown_identifier(names);
    if (shown == nullptr || acme::file_name_of(*shown) != file || entries_.size() >= limits::names_max) {
        return nullptr;
    }
    const std::string name = shown->value;
    NameEntry& entry = add(name, std::move(names), std::move(found.value()), now);
    entry.token = entry.saved.token;
    entry.offered = entry.saved.offered;
    if (!needs_.is_offered(name)) {
        guests_.add(name);
    }
    schedule(entry, now);
    return find(name);
}

NameEntry* NameSet::find_file(std::string_view file) {
    const auto found = of_file_.find(file);
    return found != of_file_.end() ? found->second : nullptr;
}

bool NameSet::has_room_for_shared(const acme::Identifiers& names, WallTime now) {
    const std::string& name = shown_identifier(names)->value;
    const auto is_gone = [this](const std::string& guest) {
        const NameEntry* const entry = find(guest);
        return entry == nullptr || entry->is_configured || needs_.is_offered(guest);
    };
    return entries_.size() < limits::names_max && (needs_.is_offered(name) || guests_.has_room(now, is_gone));
}

NameEntry* NameSet::have_file(const std::string& file, WallTime now) {
    NameEntry* const known = find_file(file);
    if (known == nullptr) {
        return load_file(file, now);
    }
    known->failures = 0;
    known->problem.clear();
    known->is_hint = false;
    known->ordered_by.clear();
    known->has_concluded = true;
    have_certificate(*known, present_certificate(known->file), now);
    if (!known->is_running) {
        concluded(*known, now);
    }
    return find_file(file);
}

NameEntry& NameSet::add(const std::string& name, acme::Identifiers names, WallTime now) {
    std::optional<Store::Certificate> present = present_certificate(acme::file_name_of(*shown_identifier(names)));
    return add(name, std::move(names), std::move(present), now);
}

NameEntry& NameSet::add(const std::string& name, acme::Identifiers names, std::optional<Store::Certificate> present,
                        WallTime now) {
    [[maybe_unused]] const auto [place, is_new] = entries_.emplace(name, std::make_unique<NameEntry>());
    assert(is_new);  // of_file_ refers to the file name of the entry
    NameEntry& entry = *place->second;
    entry.name = name;
    entry.names = std::move(names);
    entry.file = acme::file_name_of(*shown_identifier(entry.names));
    [[maybe_unused]] const bool is_only_one = of_file_.emplace(entry.file, &entry).second;
    assert(is_only_one);
    have_certificate(entry, std::move(present), now);
    if (const auto past = past_.find(name); past != past_.end()) {
        entry.failures = past->second.failures;
        entry.problem = past->second.problem;
        entry.is_hint = past->second.is_hint;
        entry.is_at_staging = past->second.is_at_staging;
        entry.failed_ways = past->second.ways;
        // Not before its renewal: another process may have got a certificate since the failure.
        entry.next = entry.failures > 0 ? std::max(entry.next, past->second.next) : entry.next;
        past_.erase(past);
    }
    if (const auto order = needs_.store.order(entry.file); order && may_continue(*order, values_of(entry.names), now)) {
        entry.next = now;  // another one waits for its time: restarts must not place one each
    }
    entry.has_concluded = entry.failures > 0 && entry.next > now;  // its attempt was before this start
    return entry;
}

std::optional<Store::Certificate> NameSet::present_certificate(const std::string& file) const {
    auto found = needs_.store.certificate(file);
    return found ? std::move(found.value()) : std::nullopt;
}

void NameSet::have_certificate(NameEntry& entry, std::optional<Store::Certificate> present, WallTime now) {
    if (present && has_names(present->chain, entry.names)) {
        set_certificate(entry, std::move(*present));
    } else {
        entry.chain.reset();
        entry.next = now;
        entry.window_next = wall_never;
    }
}

void NameSet::set_certificate(NameEntry& entry, Store::Certificate certificate) {
    const bool is_same_window =
        entry.chain && entry.chain->renewal_id == certificate.chain.renewal_id && entry.saved.window &&
        certificate.saved.window && entry.saved.window->start == certificate.saved.window->start &&
        entry.saved.window->end == certificate.saved.window->end && entry.next != wall_never && entry.failures == 0;
    entry.chain = std::move(certificate.chain);
    entry.saved = std::move(certificate.saved);
    entry.offered = std::max(entry.offered, entry.saved.offered);
    if (!is_same_window) {  // a moment is drawn once
        entry.next = acme::renewal_time(*entry.chain, entry.saved.window, needs_.random);
    }
    entry.window_next = entry.saved.window_next;
    note_new(entry);
}

// --- who wants it ---

void NameSet::set(const Settings& settings, WallTime now) {
    orders_per_token_ = settings.orders_per_token;
    std::vector<std::string> unusable;
    std::set<std::string, std::less<>> configured;
    for (ConfiguredName& wanted : configured_names(settings, unusable)) {
        NameEntry* entry = find(wanted.name);
        if (entry == nullptr) {
            entry = &add(wanted.name, std::move(wanted.names), now);
        } else if (entry->names != wanted.names) {
            entry->names = std::move(wanted.names);
            have_certificate(*entry, present_certificate(entry->file), now);
        }
        entry->is_configured = true;
        entry->is_removed = false;
        entry->is_explicit = wanted.is_explicit;
        note_new(*entry);
        configured.insert(entry->name);
    }
    for (const std::string& name : unusable) {
        needs_.log.warn(
            "no certificate is ordered for a wildcard, since no way for wildcards is configured: "
            "dns-persist-01, or dns-01 with a command",
            {{"name", name}});
    }
    std::vector<NameEntry*> others;
    for (const auto& [name, entry] : entries_) {
        if (entry->is_configured && !configured.contains(name)) {
            others.push_back(entry.get());
        }
    }
    for (NameEntry* const entry : others) {
        unconfigure(*entry);
    }
    std::vector<NameEntry*> all;
    for (const auto& [name, entry] : entries_) {
        all.push_back(entry.get());
    }
    for (NameEntry* const entry : all) {
        schedule(*entry, now);  // may drop it
    }
}

void NameSet::unconfigure(NameEntry& entry) {
    entry.is_configured = false;
    entry.is_explicit = false;
    if (entry.is_new() && (entry.names.size() > 1 || !needs_.is_offered(entry.name))) {
        drop(entry);
    } else {
        note_new(entry);
    }
}

void NameSet::offered(const std::string& host, const std::string& token, WallTime now) {
    NameEntry* entry = find(host);
    if (entry == nullptr) {
        const auto identifier = acme::read_identifier(host);
        if (!identifier || identifier->is_wildcard() || identifier->type != acme::Identifier::Type::dns) {
            return;
        }
        const NameEntry* const cover = cover_of(std::string_view(identifier->value));
        const bool is_served = cover != nullptr && cover->is_good(now);
        if (is_served || !has_room(token, now)) {
            return;
        }
        entry = &add(identifier->value, {*identifier}, now);
    }
    entry->is_removed = false;
    if (!entry->is_configured) {
        const bool is_other_token = entry->token != token;
        if (is_other_token) {
            needs_.queue.remove(*entry);
            forget_new(*entry);
            entry->token = token;
        }
        if (entry->chain && now - entry->offered > limits::offered_interval) {
            entry->saved.offered = now;
            entry->saved.token = token;
            if (!needs_.store.update_certificate_record(entry->file, entry->saved)) {
                entry->next = now;  // an order finds the other process's certificate, or that there is none
            }
        }
    }
    entry->offered = now;
    note_new(*entry);
    schedule(*entry, now);
}

// Names without a certificate are counted per token, so that one token does not use up all names.
void NameSet::note_new(NameEntry& entry) {
    if (entry.is_new() && !entry.is_configured && !entry.is_served) {
        new_of_token_[entry.token].insert(entry.name);
    } else {
        forget_new(entry);
    }
}

void NameSet::forget_new(const NameEntry& entry) {
    if (const auto found = new_of_token_.find(entry.token); found != new_of_token_.end()) {
        found->second.erase(entry.name);
        if (found->second.empty()) {
            new_of_token_.erase(found);
        }
    }
}

bool NameSet::has_room(const std::string& token, WallTime now) {
    const std::size_t of_token_max = limits::new_names_per_order * std::max<std::size_t>(1, orders_per_token_);
    const auto is_full = [this, &token, of_token_max] {
        const auto found = new_of_token_.find(token);
        return entries_.size() >= limits::names_max ||
               (found != new_of_token_.end() && found->second.size() >= of_token_max);
    };
    if (is_full() && now - cleaned_ > limits::examine_interval) {
        cleaned_ = now;
        drop_unoffered(token);
    }
    if (!is_full()) {
        return true;
    }
    if (!std::exchange(is_full_logged_, true)) {
        needs_.log.warn("too many names need certificates: further ones get none until others have theirs",
                        {{"token", token}, {"names", entries_.size()}, {"names_max", limits::names_max}});
    }
    return false;
}

void NameSet::drop_unoffered(const std::string& token) {
    std::vector<NameEntry*> unoffered;
    for (const auto& [name, entry] : entries_) {
        const bool is_of_interest = entries_.size() >= limits::names_max || entry->token == token;
        if (is_of_interest && entry->is_new() && !entry->is_configured && !entry->is_running &&
            !needs_.is_offered(name)) {
            unoffered.push_back(entry.get());
        }
    }
    for (NameEntry* const entry : unoffered) {
        drop(*entry);
    }
}

NameEntry* NameSet::find(std::string_view name) {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : found->second.get();
}

// --- wildcards ---

const NameEntry* NameSet::cover_of(std::string_view host) const {
    const std::size_t dot = host.find('.');
    const auto above =
        dot == std::string_view::npos ? entries_.end() : entries_.find("*" + std::string(host.substr(dot)));
    if (above != entries_.end() && above->second->is_configured) {
        return above->second.get();
    }
    const auto own = entries_.find("*." + std::string(host));  // of `domain` with its wildcard
    return own != entries_.end() && own->second->is_configured && own->second->names.size() > 1 ? own->second.get()
                                                                                                : nullptr;
}

const NameEntry* NameSet::cover_of(const NameEntry& entry) const {
    const bool can_be = !entry.is_explicit && entry.names.size() == 1 && !entry.names.front().is_wildcard() &&
                        entry.names.front().type == acme::Identifier::Type::dns;
    return can_be ? cover_of(std::string_view(entry.name)) : nullptr;
}

// Until the first attempt for the wildcard has ended, it may still succeed.
bool NameSet::is_covered(const NameEntry& entry, WallTime now) const {
    const NameEntry* const cover = cover_of(entry);
    return cover != nullptr && (cover->is_good(now) || !cover->has_concluded);
}

void NameSet::reconsider_covered(const NameEntry& wildcard, WallTime now) {
    std::vector<NameEntry*> covered;
    for (const auto& [name, entry] : entries_) {
        if (entry.get() != &wildcard && cover_of(*entry) == &wildcard) {
            covered.push_back(entry.get());
        }
    }
    for (NameEntry* const entry : covered) {
        schedule(*entry, now);
    }
}

// --- when ---

void NameSet::schedule(NameEntry& entry, WallTime now) {
    if (entry.is_running) {
        return;  // concluded() follows
    }
    if (is_covered(entry, now)) {
        const bool is_served_by_it = entry.is_new() && cover_of(entry)->is_good(now);
        if (is_served_by_it && !entry.is_configured) {
            drop(entry);
            return;
        }
        if (is_served_by_it) {  // what failed before does not matter while the wildcard serves it
            entry.failures = 0;
            entry.problem.clear();
            entry.is_hint = false;
        }
        put_away(entry, now);
        if (is_served_by_it && on_change) {
            on_change(entry.name, nullptr);
        }
        return;
    }
    WallTime due = std::min(entry.next, entry.window_next);
    if (entry.chain && !entry.is_configured) {
        due = std::min(due, examination_time(entry, now));  // whatever the record of another member says
    }
    queue(entry, due);
}

void NameSet::queue(NameEntry& entry, WallTime due) {
    if (due != entry.due || !entry.is_ready) {
        needs_.queue.schedule(entry, due);
    }
    if (on_change) {
        on_change(entry.name, &entry);
    }
}

// Its certificate stays for a while.
void NameSet::put_away(NameEntry& entry, WallTime now) {
    queue(entry, entry.chain ? examination_time(entry, now) : wall_never);
}

bool NameSet::is_wanted(NameEntry& entry, WallTime now) {
    if (entry.is_removed) {
        needs_.queue.ended(entry);
        drop(entry);
        return false;
    }
    const bool is_offered = !entry.is_configured && needs_.is_offered(entry.name);
    if (is_offered) {
        entry.offered = now;
    }
    if (!is_covered(entry, now) &&
        (entry.is_configured || is_offered || (entry.chain && now - entry.offered <= limits::unoffered_max))) {
        return true;
    }
    needs_.queue.ended(entry);
    if (entry.is_configured) {
        put_away(entry, now);
    } else if (entry.is_new()) {
        if (is_offered) {
            put_away(entry, now);
        } else {
            drop(entry);
        }
    } else if (now >= removal_time(entry)) {
        needs_.log.info("the files of a certificate are removed: it ended, or was last needed, long ago",
                        {{"name", entry.name}});
        needs_.store.remove_certificate(entry.file);
        drop(entry);
    } else {
        needs_.log.info("a certificate is not renewed: no client offers its host, or a wildcard covers it",
                        {{"name", entry.name}});
        put_away(entry, now);
    }
    return false;
}

void NameSet::concluded(NameEntry& entry, WallTime now) {
    const bool is_wildcard = entry.names.size() > 1 || entry.names.front().is_wildcard();
    if (entry.is_removed) {
        drop(entry);
        return;
    }
    note_new(entry);
    schedule(entry, now);
    if (is_wildcard) {
        reconsider_covered(entry, now);
    }
}

void NameSet::drop(NameEntry& entry) {
    if (entry.is_running) {
        entry.is_removed = true;
        return;
    }
    if (entry.failures > 0 || entry.is_at_staging) {
        keep_failure(entry.name, saved_failure(entry));
    }
    needs_.queue.remove(entry);
    forget_new(entry);
    const std::string name = entry.name;
    guests_.remove(name);
    of_file_.erase(entry.file);
    entries_.erase(name);
    if (on_change) {
        on_change(name, nullptr);
    }
}

// --- failures ---

void NameSet::keep_failure(const std::string& name, SavedFailure failure) {
    if (past_.size() >= limits::names_max) {
        past_.erase(std::min_element(past_.begin(), past_.end(), [](const auto& one, const auto& other) {
            return one.second.next < other.second.next;
        }));
    }
    past_.insert_or_assign(name, std::move(failure));
}

// An order that is being placed counts as failed: a process that is killed in it, and started again at once, must not
// place one each time.
Failures NameSet::failures(WallTime now) const {
    Failures all = past_;
    for (const auto& [name, entry] : entries_) {
        SavedFailure failure = saved_failure(*entry);
        if (entry->is_placing) {
            ++failure.failures;
            failure.next = now + acme::retry_delay(failure.failures, {}, needs_.random);
        }
        if (failure.failures > 0 || failure.is_at_staging) {
            failure.next = failure.next == wall_never ? now : failure.next;
            all.insert_or_assign(name, std::move(failure));
        }
    }
    return all;
}

}  // namespace ferrotunnel::issuance
