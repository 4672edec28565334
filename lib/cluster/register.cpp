#include "cluster/register.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "cluster/announcer.hpp"
#include "cluster/claimant.hpp"
#include "cluster/holders.hpp"
#include "cluster/home.hpp"
#include "cluster/mutant.hpp"
#include "cluster/probed_clients.hpp"
#include "cluster/statements.hpp"
#include "cluster/store_check.hpp"

namespace ferrotunnel::cluster {

struct Register::Parts {
    Parts(const Members& list, const Start& start)
        : members(list),
          incarnation(start.incarnation),
          now(start.now),
          table(members.capacity(), start.seed),
          links(members, start.now),
          clock(table, start.now, start.wall),
          recovery(members, start.now) {}

    bool is_own(MemberIndex member) const noexcept { return member == members.own(); }

    Effects finish();
    void deliver_own();
    Violation deliver(MemberIndex from, const Message& message);
    void sent(MemberIndex to, const Message& message);
    void lose(MemberIndex member);
    void forget_grants(MemberIndex member);
    void lose_silent_readers();
    TimePoint next_unreachable() const noexcept;
    void forget_unreachable();
    bool is_paused() const noexcept;

    Members members;
    std::uint64_t incarnation;
    TimePoint now;  // of the present call
    ClaimTable table;
    Links links;
    Mail mail{links};
    SinceClock clock;
    Effects effects;
    Context context{members, table, links, mail, clock, effects};
    Changes changes{members, links};
    SharedValues values{context};
    Claimant claimant{context, changes};
    StoreCheck store_check{context, claimant};
    Recovery recovery;
    Home home{context, recovery};
    Statements statements{context, home.grants(), recovery};
    ProbedClients probed_clients{context, claimant};
    std::array<std::optional<Announcer>, limits::member_slots> announcers;
};

// --- parts -----------------------------------------------------------------------------------------------------------

Effects Register::Parts::finish() {
    deliver_own();
    claimant.confirm(now);
    deliver_own();
    lose_silent_readers();
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (announcers[i] && announcers[i]->wake()) {
            const auto member = static_cast<MemberIndex>(i);
            effects.emplace_back(LinkReady{member, links.link(member)});
        }
    }
    return std::exchange(effects, {});
}

// Loses members that do not read the changes that they are sent.
void Register::Parts::lose_silent_readers() {
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto member = static_cast<MemberIndex>(i);
        if (changes.of(member).size() > limits::changes_max) {
            effects.emplace_back(
                LinkRefused{member, links.link(member), "it does not read the changes that it is sent"});
            lose(member);
        }
    }
}

// Without homes, what members that cannot be reached have is the store's knowledge.
TimePoint Register::Parts::next_unreachable() const noexcept {
    TimePoint earliest = never;
    for (std::size_t i = 0; i < members.size() && !members.has_homes(); ++i) {
        const auto member = static_cast<MemberIndex>(i);
        earliest = table.size(member) == 0 ? earliest : std::min(earliest, links.unreachable_at(member));
    }
    return earliest;
}

void Register::Parts::forget_unreachable() {
    for (std::size_t i = 0; i < members.size() && !members.has_homes() && !mutant(Mutant::unreachable_kept); ++i) {
        const auto member = static_cast<MemberIndex>(i);
        if (links.is_unreachable(member, now) && table.size(member) != 0) {
            statements.forget(member, now);
        }
    }
}

bool Register::Parts::is_paused() const noexcept {
    const auto end = announcers.begin() + static_cast<std::ptrdiff_t>(members.size());
    return std::any_of(announcers.begin(), end,
                       [](const auto& announcer) { return announcer && announcer->is_paused(); });
}

// Own messages cause at most a few others each, and probes end in an effect.
void Register::Parts::deliver_own() {
    while (const std::optional<Message> message = mail.take(members.own())) {
        sent(members.own(), *message);
        const Violation violation = deliver(members.own(), *message);
        check(!violation, "a member follows its own rules");
    }
}

Violation Register::Parts::deliver(MemberIndex from, const Message& message) {
    struct Receiver {
        Parts& parts;
        MemberIndex from;

        Violation operator()(const Hello&) const { return "it said hello twice"; }
        Violation operator()(const SyncBegin&) const { return parts.statements.sync_begin(from); }
        Violation operator()(const SyncEnd&) const { return parts.statements.sync_end(from, parts.now); }
        Violation operator()(const Have& have) const { return parts.statements.have(from, have, parts.now); }
        Violation operator()(const Reserved& reserved) const {
            parts.statements.reserved(reserved, from, parts.now);
            return std::nullopt;
        }
        Violation operator()(const Gone& gone) const {
            parts.statements.gone(from, gone, parts.now);
            return std::nullopt;
        }
        Violation operator()(const ClaimRequest& request) const { return parts.home.request(from, request, parts.now); }
        Violation operator()(const Cancel& cancel) const {
            parts.home.cancel(from, cancel);
            return std::nullopt;
        }
        Violation operator()(const Granted& granted) const {
            return parts.store_check.granted(from, granted, parts.now);
        }
        Violation operator()(const Refused& refused) const {
            parts.claimant.refused(from, refused, parts.now);
            return std::nullopt;
        }
        Violation operator()(const Probe& probe) const { return parts.probed_clients.probe(from, probe, parts.now); }
        Violation operator()(const Probed& probed) const {
            parts.home.probed(from, probed, parts.now);
            return std::nullopt;
        }
        Violation operator()(const Lost& lost) const {
            parts.claimant.lost(from, lost, parts.now);
            return std::nullopt;
        }
        Violation operator()(const Value& value) const { return parts.values.received(from, value, parts.now); }
    };
    return std::visit(Receiver{*this, from}, message);
}

void Register::Parts::sent(MemberIndex to, const Message& message) {
    if (std::holds_alternative<Granted>(message) || std::holds_alternative<Refused>(message)) {
        home.answer_sent(to);
    } else if (std::holds_alternative<Probed>(message)) {
        probed_clients.answer_sent(to);
    }
}

void Register::Parts::lose(MemberIndex member) {
    const bool was_routed = links.is_synced(member);
    links.lose(member, now);
    announcers[member].reset();
    mail.clear(member);
    changes.of(member).clear();
    values.link_lost(member);
    if (mutant(Mutant::forgotten_pending)) {
        forget_grants(member);
    }
    probed_clients.link_lost(member);
    home.link_lost(member, now);
    deliver_own();
    claimant.link_lost(member, now);
    if (was_routed) {
        effects.emplace_back(MemberRouted{member, false});
    }
}

void Register::Parts::forget_grants(MemberIndex member) {
    std::vector<Name> names;
    table.for_each(member, [&](const Claim& claim) { names.push_back(claim.name); });
    for (const Name& name : names) {
        if (!table.entry(member, name)->routes) {
            table.remove(member, name, now, now);
        }
    }
}

// --- own clients -----------------------------------------------------------------------------------------------------

Register::Register(std::shared_ptr<const Members> members, const Start& start)
    : parts_(std::make_unique<Parts>(*members, start)) {}

Register::~Register() = default;

Effects Register::claim(ClaimId claim, const Name& name, const Owner& owner, std::uint64_t terms, TimePoint now) {
    parts_->now = now;
    parts_->claimant.claim(claim, name, owner, terms, now);
    return parts_->finish();
}

Effects Register::cancel(ClaimId claim, TimePoint now) {
    parts_->now = now;
    parts_->claimant.cancel(claim, now);
    return parts_->finish();
}

Effects Register::release(ClaimId claim, Duration reserved_for, TimePoint now) {
    parts_->now = now;
    parts_->claimant.release(claim, reserved_for, now);
    return parts_->finish();
}

Effects Register::set_readiness(const Name& name, Readiness readiness) {
    parts_->claimant.set_readiness(name, readiness);
    return parts_->finish();
}

Effects Register::probed(std::uint64_t probe, bool answers, TimePoint now) {
    parts_->now = now;
    parts_->probed_clients.answered(probe, answers);
    return parts_->finish();
}

// --- shared values ---------------------------------------------------------------------------------------------------

std::optional<Effects> Register::set_value(const std::string& key, std::string text, Duration lifetime, TimePoint now) {
    parts_->now = now;
    return parts_->values.set(key, std::move(text), lifetime, now) ? std::optional(parts_->finish()) : std::nullopt;
}

std::optional<Effects> Register::remove_value(const std::string& key, TimePoint now) {
    parts_->now = now;
    return parts_->values.remove(key, now) ? std::optional(parts_->finish()) : std::nullopt;
}

std::optional<Effects> Register::restore_value(const Value& value, TimePoint now) {
    parts_->now = now;
    return parts_->values.restore(value, now) ? std::optional(parts_->finish()) : std::nullopt;
}

Effects Register::hear_value(const Value& value, TimePoint now) {
    parts_->now = now;
    (void)parts_->values.received(parts_->members.own(), value, now);
    return parts_->finish();
}

const SharedValues& Register::values() const noexcept {
    return parts_->values;
}

// --- links -----------------------------------------------------------------------------------------------------------

Hello Register::hello() const {
    Hello hello;
    hello.member = parts_->members.name(parts_->members.own());
    hello.incarnation = parts_->incarnation;
    hello.members = parts_->members.names();
    hello.recovering = is_recovering();
    hello.features = feature::announced | feature::of(parts_->members.decides());
    return hello;
}

Result<Effects, std::string> Register::connected(LinkId link, const Hello& hello, TimePoint now) {
    parts_->now = now;
    const Result<MemberIndex, std::string> member = parts_->links.check(hello);
    if (!member) {
        return member.error();
    }
    if (parts_->links.is_linked(*member)) {
        parts_->lose(*member);
    }
    parts_->links.add(*member, link, hello);
    parts_->values.link_up(*member, hello.features);
    parts_->announcers[*member].emplace(parts_->context, parts_->claimant.holdings(), parts_->changes.of(*member),
                                        parts_->values, *member, hello.recovering);
    return parts_->finish();
}

Effects Register::received(LinkId link, const Message& message, TimePoint now) {
    parts_->now = now;
    const std::optional<MemberIndex> member = parts_->links.find(link);
    if (!member) {
        return {};
    }
    if (Violation violation = parts_->deliver(*member, message)) {
        parts_->effects.emplace_back(LinkRefused{*member, link, *violation});
        parts_->lose(*member);
    }
    return parts_->finish();
}

Effects Register::disconnected(LinkId link, TimePoint now) {
    parts_->now = now;
    if (const std::optional<MemberIndex> member = parts_->links.find(link)) {
        parts_->lose(*member);
    }
    return parts_->finish();
}

std::optional<Message> Register::next(LinkId link, TimePoint now) {
    const std::optional<MemberIndex> member = parts_->links.find(link);
    if (!member) {
        return std::nullopt;
    }
    parts_->now = now;
    std::optional<Message> message = parts_->announcers[*member]->next(now);
    if (message) {
        parts_->sent(*member, *message);
    }
    return message;
}

// --- members ---------------------------------------------------------------------------------------------------------

std::optional<MemberIndex> Register::add_member(std::string_view name, TimePoint now) {
    const bool is_known = parts_->members.find(name).has_value();
    const std::optional<MemberIndex> member = parts_->members.add(name);
    if (member && !is_known) {
        parts_->links.begin_place(*member, now);
    }
    return member;
}

std::optional<Effects> Register::remove_member(MemberIndex member, TimePoint now) {
    parts_->now = now;
    if (parts_->links.is_linked(member) || !parts_->members.remove(member)) {
        return std::nullopt;
    }
    parts_->statements.forget(member, now);
    parts_->values.member_forgotten(member);
    parts_->recovery.forgotten(member);
    return parts_->finish();
}

Effects Register::members_found(TimePoint now) {
    parts_->now = now;
    parts_->recovery.all_known();
    return parts_->finish();
}

const Members& Register::members() const noexcept {
    return parts_->members;
}

Result<Effects, std::string> Register::forget(MemberIndex member, TimePoint now) {
    parts_->now = now;
    if (parts_->links.is_linked(member)) {
        return "the member " + parts_->members.name(member) + " is linked";
    }
    parts_->statements.forget(member, now);
    return parts_->finish();
}

// --- the store -------------------------------------------------------------------------------------------------------

Effects Register::store_answered(std::uint64_t request, const StoreAnswer& answer, TimePoint now) {
    parts_->now = now;
    parts_->store_check.answered(request, answer, now);
    return parts_->finish();
}

Effects Register::set_store_problem(std::string problem, TimePoint now) {
    parts_->now = now;
    parts_->links.set_store_problem(std::move(problem));
    return parts_->finish();
}

Effects Register::store_lost(TimePoint now) {
    parts_->now = now;
    parts_->claimant.store_lost();
    return parts_->finish();
}

const std::string& Register::store_problem() const noexcept {
    return parts_->links.store_problem();
}

// --- time ------------------------------------------------------------------------------------------------------------

TimePoint Register::next_deadline() const noexcept {
    return parts_->is_paused()
               ? parts_->now
               : std::min({parts_->claimant.next_deadline(), parts_->probed_clients.next_deadline(),
                           parts_->recovery.deadline(), parts_->values.next_deadline(), parts_->next_unreachable()});
}

Effects Register::tick(TimePoint now) {
    parts_->now = now;
    parts_->forget_unreachable();
    parts_->recovery.tick(now);
    parts_->probed_clients.tick(now);
    parts_->deliver_own();
    parts_->claimant.tick(now);
    parts_->table.expire(now, limits::step_max);
    parts_->values.tick(now);
    for (std::optional<Announcer>& announcer : parts_->announcers) {
        if (announcer) {
            announcer->resume();
        }
    }
    return parts_->finish();
}

// --- for visitors and for display ------------------------------------------------------------------------------------

std::vector<MemberIndex> Register::routes(const Name& name) const {
    std::vector<ClaimTable::Entry> entries = parts_->table.entries(name);
    std::erase_if(entries, [this](const ClaimTable::Entry& entry) {
        const bool is_reached = parts_->is_own(entry.member) || parts_->links.is_synced(entry.member);
        return !entry.routes || !(is_reached || mutant(Mutant::unlinked_routes));
    });
    std::vector<MemberIndex> members;
    const ClaimTable::Entry* const best = winner(entries);
    if (best == nullptr) {
        return members;
    }
    const Owner owner = best->claim.owner;
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& one, const auto& other) { return one.claim.readiness < other.claim.readiness; });
    for (const ClaimTable::Entry& entry : entries) {
        if (entry.claim.owner == owner && !parts_->is_own(entry.member)) {
            members.push_back(entry.member);
        }
    }
    return members;
}

bool Register::has(const Name& name) const {
    return parts_->claimant.holdings().find(name) != nullptr || (mutant(Mutant::hop_of_a_hop) && !routes(name).empty());
}

bool Register::is_linked(MemberIndex member) const noexcept {
    return parts_->links.is_linked(member);
}

std::optional<Decides> Register::decides(MemberIndex member) const noexcept {
    return member == parts_->members.own() ? parts_->members.decides() : parts_->links.decides(member);
}

bool Register::is_recovering() const noexcept {
    return !parts_->recovery.is_over();
}

std::size_t Register::waiting() const noexcept {
    std::size_t messages = 0;
    for (std::size_t i = 0; i < parts_->members.size(); ++i) {
        const auto member = static_cast<MemberIndex>(i);
        messages += parts_->mail.size(member) + parts_->changes.of(member).size();
    }
    return messages + parts_->claimant.waiting() + parts_->home.waiting();
}

const ClaimTable& Register::table() const noexcept {
    return parts_->table;
}

}  // namespace ferrotunnel::cluster
