#include "simulation/cluster/cluster_clients.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "simulation/cluster/cluster_text.hpp"

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t session_source = std::uint64_t{1} << 63U;  // apart from those of links

constexpr std::uint64_t common_terms = 1;
constexpr std::uint64_t other_terms = 2;

wire::InstanceId instance_of(std::uint64_t number) {
    return {static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
}

}  // namespace

ClusterClients::ClusterClients(ClusterContext& context, const ClusterProfile& profile, const MemberList& members,
                               ClusterJudge& judge)
    : context_(context), profile_(profile), members_(members), judge_(judge) {
    for (std::size_t i = 0; i < profile.clients; ++i) {
        add_client(i);
    }
    std::sort(names_.begin(), names_.end());
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

void ClusterClients::add_client(std::size_t number) {
    Client client;
    client.owner.token = {static_cast<std::uint8_t>(1 + context_.random.below(profile_.tokens))};
    client.is_group = context_.random.chance(25);
    // A group of each token, and its clients are everywhere.
    client.owner.party = client.is_group ? wire::InstanceId{0xff} : instance_of(++last_instance_);
    for (Name& name : choose_names(number, client)) {
        const std::uint64_t terms = client.is_group && context_.random.chance(5) ? other_terms : common_terms;
        names_.push_back(name);
        client.wants.push_back({std::move(name), terms, context_.random.chance(20) ? std::size_t{2} : std::size_t{1}});
    }
    clients_.push_back(std::move(client));
}

std::vector<cluster::Name> ClusterClients::choose_names(std::size_t number, const Client& client) {
    static constexpr std::array<const char*, 2> shared_hosts{"shop.test", "*.shop.test"};
    std::vector<Name> names;
    const auto add = [&names](Name name) {
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(std::move(name));
        }
    };
    for (std::uint64_t count = context_.random.between(1, 3); count > 0; --count) {
        if (!context_.random.chance(profile_.contest)) {
            add(Name::of_host("own" + std::to_string(number) + ".test", context_.random.chance(70) ? "/" : "/api"));
            continue;
        }
        switch (context_.random.below(4)) {
            case 0:
                add(Name::of_port(static_cast<std::uint16_t>(2'000 + context_.random.below(2)),
                                  context_.random.chance(30)));
                break;
            case 1:
                add(Name::of_service(client.owner.token, "database"));
                break;
            default:
                add(Name::of_host(shared_hosts[context_.random.below(2)], context_.random.chance(50) ? "/" : "/api"));
        }
    }
    return names;
}

std::string ClusterClients::text(const Session& session) const {
    return "client " + std::to_string(session.client) + " (" + cluster_text(session.owner) + ") at " +
           cluster_member_name(session.member);
}

bool ClusterClients::answers(const Session& session) const {
    return !session.is_abandoned && !session.is_ended && clients_[session.client].silent_until <= context_.events.now();
}

bool ClusterClients::has_answered(Index member, const Name& name, const Owner& owner, Duration time) const {
    return std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
        const Session& session = *entry.second;
        const Client& client = clients_[session.client];
        return session.member == member && session.owner == owner && answers(session) &&
               std::max(client.silent_until, session.opened_at) + time <= context_.events.now() &&
               std::any_of(session.claims.begin(), session.claims.end(), [&](const auto& claim) {
                   return claim.second.state == State::granted && client.wants[claim.second.want].name == name;
               });
    });
}

std::vector<cluster::Owner> ClusterClients::living(const Name& name) const {
    std::vector<Owner> owners;
    for (const Client& client : clients_) {
        if (client.is_alive && std::any_of(client.wants.begin(), client.wants.end(),
                                           [&name](const Want& want) { return want.name == name; })) {
            owners.push_back(client.owner);
        }
    }
    return owners;
}

std::size_t ClusterClients::unserved(const Name& name, const Owner& owner) const {
    std::size_t count = 0;
    for (const auto& [number, session] : sessions_) {
        const auto& wants = clients_[session->client].wants;
        for (std::size_t i = 0; i < wants.size(); ++i) {
            if (wants[i].terms != common_terms) {
                return 0;
            }
            count += wants[i].name == name && session->owner == owner &&
                             std::none_of(session->claims.begin(), session->claims.end(),
                                          [i](const auto& claim) {
                                              return claim.second.want == i && claim.second.state == State::granted;
                                          })
                         ? 1
                         : 0;
        }
    }
    return count;
}

bool ClusterClients::is_living(const Owner& owner) const {
    return std::any_of(clients_.begin(), clients_.end(),
                       [&owner](const Client& client) { return client.is_alive && client.owner == owner; });
}

// --- sessions ---

void ClusterClients::start() {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        connect_later(i, context_.between(0s, 20s));
    }
}

void ClusterClients::connect_later(std::size_t number, Duration time) {
    context_.events.after(time, [this, number] { connect(number); });
}

// Unless it has a session.
void ClusterClients::connect(std::size_t number) {
    Client& client = clients_[number];
    if (!client.is_alive || !client.sessions.empty() || is_resting_) {
        return;
    }
    const auto index = static_cast<Index>(context_.random.below(members_.size()));
    if (client.silent_until > context_.events.now() || !members_[index]->is_running()) {
        connect_later(number, context_.between(200ms, 3s));
        return;
    }
    open(number, index);
}

void ClusterClients::open(std::size_t number, Index member) {
    Client& client = clients_[number];
    const auto session = std::make_shared<Session>();
    session->number = ++last_session_;
    session->client = number;
    session->owner = client.owner;
    session->opened_at = context_.events.now();
    session->member = member;
    session->incarnation = members_[member]->incarnation();
    client.sessions.push_back(session);
    sessions_[session->number] = session;
    context_.tell([&] { return text(*session) + ": connects"; });
    for (std::size_t want = 0; want < client.wants.size(); ++want) {
        for (std::size_t i = 0; i < client.wants[want].claims; ++i) {
            try_again(session, want, context_.between(0ms, 20ms));
        }
    }
}

void ClusterClients::try_again(const Shared& session, std::size_t want, Duration time) {
    context_.events.after(time, [this, session, want] {
        members_[session->member]->in_process(session->number | session_source, session->incarnation,
                                              [this, session, want] { claim(session, want); });
    });
}

void ClusterClients::claim(const Shared& session, std::size_t want) {
    if (session->is_ended || session->is_abandoned || is_resting_) {
        return;
    }
    const Want& wanted = client_of(*session).wants[want];
    const ClaimId id = ++last_claim_;
    context_.tell([&] { return text(*session) + ": claim " + std::to_string(id) + ", " + wanted.name.text(); });
    session->claims[id] = {want, State::pending};
    by_claim_[id] = session;
    judge_.asked(session->member, id, wanted.name, session->owner);
    member_of(*session).call([&](cluster::Register& one, TimePoint now) {
        return one.claim(id, wanted.name, session->owner, wanted.terms, now);
    });
}

void ClusterClients::granted(const cluster::ClaimGranted& answer) {
    const Shared session = by_claim_.at(answer.claim);
    session->claims.at(answer.claim).state = State::granted;
    context_.tell([&] {
        return text(*session) + ": claim " + std::to_string(answer.claim) + " is granted, since " +
               std::to_string(answer.since) + (answer.provisional ? ", provisionally" : "");
    });
}

void ClusterClients::refused(const cluster::ClaimRefused& answer) {
    const Shared session = by_claim_.at(answer.claim);
    context_.tell([&] {
        return text(*session) + ": claim " + std::to_string(answer.claim) + " is refused" +
               (answer.is_temporary ? " for now: " : ": ") + answer.text;
    });
    const std::size_t want = session->claims.at(answer.claim).want;
    session->claims.erase(answer.claim);
    by_claim_.erase(answer.claim);
    try_again(session, want, answer.is_temporary ? context_.between(500ms, 5s) : context_.between(5s, 40s));
}

void ClusterClients::revoked(Index member, const cluster::Revoked& revoked) {
    context_.tell([&] {
        return cluster_member_name(member) + " revokes " + revoked.name.text() + " of " + cluster_text(revoked.owner) +
               ", since " + std::to_string(revoked.since);
    });
    for (const auto& [number, session] : sessions_) {
        if (session->member != member || session->owner != revoked.owner) {
            continue;
        }
        for (auto& [id, asked] : session->claims) {
            if (asked.state == State::granted && client_of(*session).wants[asked.want].name == revoked.name) {
                asked.state = State::revoked;
                try_again(session, asked.want, context_.between(5s, 60s));
            }
        }
    }
}

// A client that connects while its owner is probed is an answer.
void ClusterClients::probe(Index member, const cluster::ProbeClient& probe) {
    const auto has_answer = [this, member, owner = probe.owner] {
        return std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
            const Session& session = *entry.second;
            return session.member == member && session.owner == owner && answers(session);
        });
    };
    const std::uint64_t incarnation = members_[member]->incarnation();
    const Duration time = has_answer() ? context_.between(1ms, 300ms) : Duration(2900ms);
    context_.events.after(time, [this, member, incarnation, has_answer, id = probe.probe] {
        members_[member]->in_process(session_source, incarnation, [this, member, has_answer, id] {
            members_[member]->call(
                [&](cluster::Register& one, TimePoint now) { return one.probed(id, has_answer(), now); });
        });
    });
}

void ClusterClients::abandon(const Shared& session, bool is_noticed) {
    if (std::exchange(session->is_abandoned, true)) {
        return;
    }
    std::erase(client_of(*session).sessions, session);
    context_.tell([&] { return text(*session) + ": leaves" + (is_noticed ? "" : " without a word"); });
    context_.events.after(is_noticed ? context_.between(0ms, 100ms) : context_.between(5s, 40s), [this, session] {
        members_[session->member]->in_process(session->number | session_source, session->incarnation,
                                              [this, session] { end(session); });
    });
}

void ClusterClients::abandon_all(Client& client, bool is_noticed) {
    while (!client.sessions.empty()) {
        abandon(client.sessions.back(), is_noticed);
    }
}

// Its member ends it.
void ClusterClients::end(const Shared& session) {
    if (std::exchange(session->is_ended, true)) {
        return;
    }
    context_.tell([&] { return text(*session) + ": the session ends"; });
    while (!session->claims.empty()) {
        give_up(*session, session->claims.begin());
    }
    sessions_.erase(session->number);
    abandon(session, true);
}

void ClusterClients::give_up(Session& session, std::map<ClaimId, Asked>::iterator claim) {
    const auto [id, asked] = *claim;
    session.claims.erase(claim);
    by_claim_.erase(id);
    const Duration reserved = reserved_for();
    if (asked.state == State::pending) {
        judge_.cancelled(id);
        member_of(session).call([id = id](cluster::Register& one, TimePoint now) { return one.cancel(id, now); });
    } else if (asked.state == State::granted) {
        judge_.released(session.member, client_of(session).wants[asked.want].name, reserved);
        member_of(session).call(
            [id = id, reserved](cluster::Register& one, TimePoint now) { return one.release(id, reserved, now); });
    } else if (asked.state == State::revoked) {
        member_of(session).call(
            [id = id, reserved](cluster::Register& one, TimePoint now) { return one.release(id, reserved, now); });
    }
}

Duration ClusterClients::reserved_for() {
    static constexpr std::array<Duration, 5> times{Duration(0), Duration(0), Duration(5s), Duration(60s),
                                                   Duration(24h)};
    return times[context_.random.below(profile_.contest > 50 ? 4 : 5)];
}

// --- what clients do ---

void ClusterClients::act() {
    const std::size_t number = context_.random.below(clients_.size());
    Client& client = clients_[number];
    if (!client.is_alive) {
        return;
    }
    if (client.sessions.empty()) {
        return;  // it is about to connect
    }
    const Shared session = client.sessions[context_.random.below(client.sessions.size())];
    const auto other = static_cast<Index>(context_.random.below(members_.size()));
    const bool has_other = std::any_of(client.sessions.begin(), client.sessions.end(),
                                       [other](const Shared& one) { return one->member == other; });
    switch (context_.random.below(10)) {
        case 0:
        case 1:  // it moves
            abandon(session, context_.random.chance(60));
            connect_later(number, context_.between(10ms, 5s));
            break;
        case 2:
        case 3:  // it is at two members
            if (!has_other && client.sessions.size() < 2 && members_[other]->is_running()) {
                open(number, other);
            }
            break;
        case 4:
            fall_silent(number);
            break;
        case 5:
        case 6:
            start_again(number);
            break;
        case 7:
            drop_one(session);
            break;
        case 8:
            if (!session->claims.empty()) {
                const Name name = client.wants[session->claims.begin()->second.want].name;
                const auto readiness = static_cast<cluster::Readiness>(context_.random.below(4));
                if (member_of(*session).is_running()) {
                    member_of(*session).call(
                        [&](cluster::Register& one, TimePoint) { return one.set_readiness(name, readiness); });
                }
            }
            break;
        default:
            if (context_.random.chance(15)) {
                context_.tell([&] { return "client " + std::to_string(number) + " ends"; });
                client.is_alive = false;
                abandon_all(client, context_.random.chance(50));
            }
    }
}

// Its sessions end if that takes longer than their members wait.
void ClusterClients::fall_silent(std::size_t number) {
    Client& client = clients_[number];
    const Duration time = context_.between(1s, 60s);
    client.silent_until = context_.events.now() + time;
    context_.tell([&] { return "client " + std::to_string(number) + " is silent"; });
    for (const Shared& session : client.sessions) {
        context_.events.after(context_.between(20s, 40s), [this, session] {
            if (client_of(*session).silent_until > context_.events.now()) {
                members_[session->member]->in_process(session->number | session_source, session->incarnation,
                                                      [this, session] { end(session); });
            }
        });
    }
    connect_later(number, time + 1s);
}

// As a new process: another owner, unless it is of a group.
void ClusterClients::start_again(std::size_t number) {
    Client& client = clients_[number];
    abandon_all(client, context_.random.chance(40));
    if (!client.is_group) {
        client.owner.party = instance_of(++last_instance_);
    }
    context_.tell(
        [&] { return "client " + std::to_string(number) + " starts again as " + cluster_text(client.owner); });
    connect_later(number, context_.between(50ms, 5s));
}

void ClusterClients::drop_one(const Shared& session) {
    if (session->claims.empty() || !member_of(*session).is_running()) {
        return;
    }
    auto claim = session->claims.begin();
    std::advance(claim, static_cast<std::ptrdiff_t>(context_.random.below(session->claims.size())));
    context_.tell([&] { return text(*session) + ": gives up claim " + std::to_string(claim->first); });
    try_again(session, claim->second.want, context_.between(0s, 10s));
    give_up(*session, claim);
}

// --- members go ---

void ClusterClients::member_crashed(Index index) {
    const auto sessions = sessions_;
    for (const auto& [number, session] : sessions) {
        if (session->member == index) {
            session->is_ended = true;
            for (const auto& [id, asked] : session->claims) {
                by_claim_.erase(id);
            }
            sessions_.erase(number);
            abandon(session, true);
            connect_later(session->client, context_.between(100ms, 8s));
        }
    }
}

void ClusterClients::member_ends(Index index) {
    const auto sessions = sessions_;
    for (const auto& [number, session] : sessions) {
        if (session->member == index) {
            end(session);
            connect_later(session->client, context_.between(20ms, 2s));
        }
    }
}

// Who gets no answers connects to another member; the session there ends when the member continues.
void ClusterClients::member_hung(Index index) {
    for (const auto& [number, session] : sessions_) {
        if (session->member == index) {
            context_.events.after(context_.between(5s, 12s), [this, session, hangs = members_[index]->hangs()] {
                const ClusterMember& member = *members_[session->member];
                if (member.is_alive() && !member.is_running() && member.hangs() == hangs) {
                    abandon(session, true);
                    connect_later(session->client, context_.between(100ms, 3s));
                }
            });
        }
    }
}

void ClusterClients::mend() {
    is_mended_ = true;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        clients_[i].silent_until = std::min(clients_[i].silent_until, context_.events.now());
        connect_later(i, context_.between(0s, 5s));
    }
}

void ClusterClients::leave_all() {
    is_resting_ = true;
    for (Client& client : clients_) {
        client.is_alive = false;
        abandon_all(client, true);
    }
}

}  // namespace ferrotunnel::simulation
