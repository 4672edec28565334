#include "cluster/shared_values.hpp"

#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "cluster/mutant.hpp"

namespace ferrotunnel::cluster {
namespace {

static_assert(limits::member_slots <= 64, "SharedValues has a bit for each member");

std::size_t size_of(const std::string& key, const std::optional<std::string>& text) noexcept {
    return limits::value_overhead + key.size() + (text ? text->size() : 0);
}

bool is_value_key(const std::string& key) noexcept {
    return !key.empty() && key.size() <= limits::value_key_max && is_printable(key);
}

bool is_brief(const Value& value) noexcept {
    return value.milliseconds != 0 && std::chrono::milliseconds(value.milliseconds) <= limits::brief_value_time;
}

std::uint64_t milliseconds_left(TimePoint ends, TimePoint now) noexcept {
    if (mutant(Mutant::lifetime_restarted)) {
        return limits::value_milliseconds_max;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(ends - now).count();
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(left), 1, limits::value_milliseconds_max);
}

}  // namespace

// --- order of changes ------------------------------------------------------------------------------------------------

// Equal times of one member occur if its clock went back at a restart, if it lies, and where a lifetime is over: so a
// removal comes after what it may have removed, and of two texts any fixed order does.
bool SharedValues::is_later(const Value& value, const Entry& entry) noexcept {
    const auto order = [](Since time, const std::string& member, const std::optional<std::string>& text) {
        return std::tuple(time, std::string_view(member), !text, std::string_view(text ? *text : std::string_view()));
    };
    const auto changed = order(value.time, value.member, value.text);
    const auto known = order(entry.version.time, entry.version.member, entry.text);
    return mutant(Mutant::earlier_value_wins) ? changed < known : changed > known;
}

bool SharedValues::is_same(const Value& value, const Entry& entry) noexcept {
    return value.time == entry.version.time && value.member == entry.version.member && value.text == entry.text;
}

// --- own changes -----------------------------------------------------------------------------------------------------

bool SharedValues::set(const std::string& key, std::string text, Duration lifetime, TimePoint now) {
    if (text.size() > limits::value_text_max) {
        return false;
    }
    const Duration longest = std::chrono::milliseconds(limits::value_milliseconds_max);
    const TimePoint ends = lifetime == Duration::zero() ? never : now + std::min(lifetime, longest);
    return change_own(key, std::move(text), ends, now);
}

bool SharedValues::remove(const std::string& key, TimePoint now) {
    const auto kept_for = mutant(Mutant::removed_value_revived) ? Duration(1) : limits::removed_value_kept_for;
    return change_own(key, std::nullopt, now + kept_for, now);
}

bool SharedValues::change_own(const std::string& key, std::optional<std::string> text, TimePoint ends, TimePoint now) {
    if (!is_value_key(key)) {
        return false;
    }
    Entry entry;
    entry.version = next_version(key, context_.members.name(context_.members.own()), now);
    entry.text = std::move(text);
    entry.ends = ends;
    entry.is_set_here = true;
    return apply(key, std::move(entry), now);
}

SharedValues::Version SharedValues::next_version(const std::string& key, std::string member, TimePoint now) const {
    const auto found = entries_.find(key);
    const Since after = found == entries_.end() ? 0 : found->second.version.time + 1;
    return {std::min(std::max(context_.clock.wall(now), after), limits::since_max), std::move(member)};
}

bool SharedValues::restore(const Value& value, TimePoint now) {
    if (!is_value_key(value.key) || !value.text || value.text->size() > limits::value_text_max ||
        value.milliseconds > limits::value_milliseconds_max) {
        return false;
    }
    const auto found = entries_.find(value.key);
    if (found != entries_.end() && found->second.text == value.text) {
        return true;
    }
    Entry entry;
    entry.version = next_version(value.key, value.member, now);
    entry.text = value.text;
    entry.ends = value.milliseconds == 0 ? never : now + std::chrono::milliseconds(value.milliseconds);
    entry.is_set_here = value.member == context_.members.name(context_.members.own());
    return apply(value.key, std::move(entry), now);
}

// --- links -----------------------------------------------------------------------------------------------------------

void SharedValues::link_up(MemberIndex member, std::uint64_t features) {
    links_[member] = {(features & feature::values) != 0, 0};
}

void SharedValues::link_lost(MemberIndex member) noexcept {
    if (links_[member].is_up && !mutant(Mutant::lost_link_knows)) {
        for (auto& [key, entry] : entries_) {
            entry.known_by &= ~bit(member);
        }
    }
    links_[member] = {};
}

// Its values stay, and count among those of all that are not known.
void SharedValues::member_forgotten(MemberIndex member) {
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
        if (at->second.account == member) {
            leave_indices(at);
            at->second.account = limits::member_slots;
            enter_indices(at);
        }
    }
}

Violation SharedValues::received(MemberIndex from, const Value& value, TimePoint now) {
    if (context_.clock.is_too_late(value.time, now)) {  // another member's clock is not the sender's fault
        return value.member == context_.members.name(from) ? Violation("its clock is more than a day ahead")
                                                           : std::nullopt;
    }
    const auto found = entries_.find(value.key);
    const bool is_own = value.member == context_.members.name(context_.members.own());
    if (found != entries_.end() && !is_later(value, found->second)) {
        Entry& entry = found->second;
        if (is_same(value, entry)) {
            entry.known_by |= bit(from);
        } else if (entry.is_brief && value.text && !is_brief(value)) {
            // The sender would keep the older value after the brief one has ended.
            entry.is_brief = false;
            announce(found, now);
        }
        return std::nullopt;
    }
    if (is_own && found != entries_.end() && found->second.is_set_here) {
        repeat_own(found, value.time, now);
        return std::nullopt;
    }
    Entry entry;
    entry.version = {value.time, value.member};
    entry.text = value.text;
    entry.known_by = bit(from);
    if (!value.text) {
        entry.ends = now + limits::removed_value_kept_for;
    } else if (value.milliseconds != 0) {
        entry.ends = now + std::chrono::milliseconds(value.milliseconds);
    }
    apply(value.key, std::move(entry), now);  // without room, it is left out: an honest member's values have room
    return std::nullopt;
}

// An earlier process of this member had a clock that was ahead: what this one has set since is the later change.
void SharedValues::repeat_own(Entries::iterator at, Since over, TimePoint now) {
    at->second.version.time = std::min(over + 1, limits::since_max);
    at->second.known_by = 0;
    announce(at, now);
}

bool SharedValues::may_have_next(MemberIndex member) const noexcept {
    return links_[member].is_up && links_[member].cursor < last_change_;
}

// The member knows it, or has it from another one.
bool SharedValues::is_skipped(const Entry& entry, MemberIndex member) const noexcept {
    const bool is_own = entry.version.member == context_.members.name(context_.members.own());
    return (entry.known_by & bit(member)) != 0 || (!is_own && (entry.is_brief || mutant(Mutant::value_not_passed_on)));
}

std::optional<Value> SharedValues::next(MemberIndex member, TimePoint now) {
    Link& link = links_[member];
    if (!link.is_up) {
        return std::nullopt;
    }
    for (auto at = changes_.upper_bound(link.cursor); at != changes_.end(); ++at) {
        auto& [key, entry] = *at->second;
        if (is_skipped(entry, member)) {
            continue;
        }
        link.cursor = at->first;
        entry.known_by |= bit(member);
        return value_of(key, entry, now);
    }
    link.cursor = last_change_;
    return std::nullopt;
}

Value SharedValues::value_of(const std::string& key, const Entry& entry, TimePoint now) {
    Value value{key, entry.version.time, entry.version.member};
    if (entry.text && entry.ends > now) {
        value.text = entry.text;
        value.milliseconds = entry.ends == never ? 0 : milliseconds_left(entry.ends, now);
    }
    return value;
}

// --- entries ---------------------------------------------------------------------------------------------------------

std::size_t SharedValues::account_of(const std::string& member) const noexcept {
    return context_.members.find(member).value_or(static_cast<MemberIndex>(limits::member_slots));
}

// Sets the entry for the key, in place of an earlier one. False: there is no room.
bool SharedValues::apply(const std::string& key, Entry entry, TimePoint now) {
    entry.account = account_of(entry.version.member);
    auto at = entries_.find(key);
    if (!make_room(entry.account, size_of(key, entry.text), key)) {
        return false;
    }
    const bool had_value = at != entries_.end() && at->second.text;
    const bool had_lasting = at != entries_.end() && !at->second.is_brief;
    entry.is_brief = entry.ends != never && entry.text && entry.ends - now <= limits::brief_value_time && !had_lasting;
    if (had_value || entry.text) {
        context_.effects.emplace_back(ValueChanged{key});
    }
    if (at == entries_.end()) {
        at = entries_.emplace(key, Entry{}).first;
    } else {
        leave_indices(at);
    }
    entry.change = at->second.change;
    entry.early_until = at->second.early_until;
    at->second = std::move(entry);
    enter_indices(at);
    announce(at, now);
    return true;
}

// Removed values of the account make room, the oldest first. Others' may be a little more than a member may set: some
// of what it has set may have been replaced by others, which this member has not heard yet.
bool SharedValues::make_room(std::size_t account, std::size_t bytes, const std::string& key) {
    const bool is_own = account == context_.members.own();
    const std::size_t values_max = is_own ? limits::values_max : limits::values_of_other_max;
    const std::size_t bytes_max = is_own ? limits::values_bytes_max : limits::values_of_other_bytes_max;
    const auto before = entries_.find(key);
    const bool is_replaced = before != entries_.end() && before->second.account == account;
    const std::size_t freed_bytes = is_replaced ? size_of(key, before->second.text) : 0;
    const auto has_room = [&] {
        return accounts_[account].values + (is_replaced ? 0 : 1) <= values_max &&
               accounts_[account].bytes - freed_bytes + bytes <= bytes_max;
    };
    while (!has_room()) {
        auto oldest = removed_.lower_bound({account, TimePoint::min(), {}});
        if (oldest != removed_.end() && std::get<2>(*oldest) == key) {
            ++oldest;
        }
        if (oldest == removed_.end() || std::get<0>(*oldest) != account) {
            return false;
        }
        forget(entries_.find(std::get<2>(*oldest)));
    }
    return true;
}

void SharedValues::enter_indices(Entries::iterator at) {
    const Entry& entry = at->second;
    accounts_[entry.account].values += 1;
    accounts_[entry.account].bytes += size_of(at->first, entry.text);
    if (entry.ends != never) {
        ends_.emplace(entry.ends, at->first);
    }
    if (!entry.text) {
        removed_.emplace(entry.account, entry.ends, at->first);
    }
}

void SharedValues::leave_indices(Entries::iterator at) noexcept {
    const Entry& entry = at->second;
    accounts_[entry.account].values -= 1;
    accounts_[entry.account].bytes -= size_of(at->first, entry.text);
    ends_.erase({entry.ends, at->first});
    removed_.erase({entry.account, entry.ends, at->first});
}

// It is sent to other members: now, or when it is not early any more.
void SharedValues::announce(Entries::iterator at, TimePoint now) {
    Entry& entry = at->second;
    early_.erase({entry.early_until, at->first});
    entry.early_until = context_.clock.accepted_at(entry.version.time, now);
    if (entry.early_until <= now) {
        return move_to_end(at);
    }
    changes_.erase(entry.change);
    entry.change = 0;
    early_.emplace(entry.early_until, at->first);
}

void SharedValues::move_to_end(Entries::iterator at) {
    changes_.erase(at->second.change);
    at->second.change = ++last_change_;
    changes_.emplace(at->second.change, at);
    for (std::size_t i = 0; i < context_.members.size(); ++i) {
        if (links_[i].cursor + 1 == last_change_ && is_skipped(at->second, static_cast<MemberIndex>(i))) {
            links_[i].cursor = last_change_;
        }
    }
}

void SharedValues::forget(Entries::iterator at) noexcept {
    leave_indices(at);
    changes_.erase(at->second.change);
    early_.erase({at->second.early_until, at->first});
    entries_.erase(at);
}

// All members do so by themselves: it is not sent.
void SharedValues::end(Entries::iterator at, TimePoint now) {
    if (mutant(Mutant::removed_value_revived)) {
        return forget(at);
    }
    leave_indices(at);
    at->second.text.reset();
    at->second.ends = now + limits::removed_value_kept_for;
    enter_indices(at);
    context_.effects.emplace_back(ValueChanged{at->first});
}

// --- time ------------------------------------------------------------------------------------------------------------

TimePoint SharedValues::next_deadline() const noexcept {
    const TimePoint end = ends_.empty() ? never : ends_.begin()->first;
    return early_.empty() ? end : std::min(end, early_.begin()->first);
}

void SharedValues::tick(TimePoint now) {
    for (std::size_t i = 0; i < limits::step_max && !ends_.empty() && ends_.begin()->first <= now; ++i) {
        const auto at = entries_.find(ends_.begin()->second);
        if (at->second.text) {
            end(at, now);
        } else {
            forget(at);
        }
    }
    for (std::size_t i = 0; i < limits::step_max && !early_.empty() && early_.begin()->first <= now; ++i) {
        const auto at = entries_.find(early_.begin()->second);
        early_.erase(early_.begin());
        move_to_end(at);
    }
}

// --- readers ---------------------------------------------------------------------------------------------------------

std::optional<SharedValues::Present> SharedValues::get(const std::string& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() || !found->second.text ? std::nullopt : std::optional(present(found->second));
}

std::optional<Value> SharedValues::last_change(const std::string& key, TimePoint now) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? std::nullopt : std::optional(value_of(key, found->second, now));
}

}  // namespace ferrotunnel::cluster
