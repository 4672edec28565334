#include "simulation/groups/group_world.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <utility>

#include "wire/group_words.hpp"

namespace ferrotunnel::simulation {

using directory::ClientId;
using directory::GroupMember;
using directory::HealthTransition;
using directory::MemberOutcome;
using wire::Balance;
using wire::Sticky;
using namespace std::chrono_literals;

namespace {

void require(bool holds, const char* what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

login::Key key_of_all() {
    return login::Key(std::array<std::uint8_t, login::Key::size_bytes>{7});
}

}  // namespace

GroupWorld::GroupWorld(std::uint64_t seed, GroupCounts& counts, bool verbose)
    : random_(seed), counts_(counts), verbose_(verbose) {
    static const auto key = std::make_shared<const directory::StickyKey>(key_of_all());
    terms_.group = {{1}, {9}};
    terms_.balance = static_cast<Balance>(random_.below(count_words<Balance>()));
    terms_.sticky = static_cast<Sticky>(random_.below(count_words<Sticky>()));
    terms_.key = key;
    terms_.eject.failures = static_cast<std::uint32_t>(random_.chance(40) ? 0 : random_.between(1, 3));
    terms_.eject.first_ms = static_cast<std::uint32_t>(random_.between(100, 20'000));
    terms_.eject.longest_ms = static_cast<std::uint32_t>(random_.between(100, 60'000));
    terms_.eject.share = static_cast<std::uint32_t>(random_.chance(50) ? 50 : random_.between(1, 100));
    terms_.eject.counts = static_cast<std::uint32_t>(random_.between(1, 7));
    terms_.eject.last_too = random_.chance(20);
    for (std::size_t i = 0; i < 12; ++i) {
        persons_.push_back({random_.next()});
    }
    tell("balance " + std::to_string(static_cast<int>(terms_.balance)) + ", sticky " +
         std::to_string(static_cast<int>(terms_.sticky)) + ", failures " + std::to_string(terms_.eject.failures));
}

void GroupWorld::tell(const std::string& what) const {
    if (verbose_) {
        std::printf("group: %s\n", what.c_str());
    }
}

void GroupWorld::run() {
    for (std::uint64_t members = random_.between(1, 5); members > 0; --members) {
        join({});
    }
    const std::uint64_t steps = random_.between(20, 300);
    for (std::uint64_t i = 0; i < steps; ++i) {
        step();
        judge_counts();
    }
    if (random_.chance(5)) {
        join_beyond_the_bound();
    }
    calm_down();
    end_all();
}

void GroupWorld::step() {
    const std::uint64_t what = random_.below(100);
    if (clients_.empty() || what < 6) {
        if (clients_.size() < 8) {
            join({});
        }
    } else if (what < 9) {
        add_trunk(some_client());
    } else if (what < 14) {
        succeed();
    } else if (what < 17) {
        leave(random_.below(clients_.size()), random_.below(3));
    } else if (what < 20) {
        rotate(some_client());
    } else if (what < 24) {
        change_health(some_client());
    } else if (what < 26) {
        lose_or_resume(some_client());
    } else if (what < 28) {
        some_client().is_ill = random_.chance(40);
    } else if (what < 30) {
        Client& client = some_client();
        Trunk& trunk = *client.trunks[random_.below(client.trunks.size())];
        trunk.full = !trunk.full;
    } else if (what < 68) {
        add_visitor(persons_[random_.below(persons_.size())], random_.chance(30));
    } else if (what < 73) {
        Person stranger{random_.next()};
        add_visitor(stranger, false);
    } else if (what < 92) {
        if (!visits_.empty()) {
            const std::size_t at = random_.below(visits_.size());
            const Client* const client = client_of(visits_[at].visit.member());
            const bool is_ill = client != nullptr && client->is_ill;
            record_outcome(at, is_ill || random_.chance(5) ? static_cast<MemberOutcome>(random_.between(1, 3))
                                                           : MemberOutcome::success);
        }
    } else if (what < 97) {
        if (!visits_.empty()) {
            end_visit(random_.below(visits_.size()));
        }
    } else {
        now_ += std::chrono::milliseconds(random_.between(1, 90'000));
    }
}

// --- members come and go ---

void GroupWorld::join(const std::vector<ClientId>& before) {
    static constexpr std::array<const char*, 4> names{"", "web", "db", "cache"};
    Client client;
    client.membership = terms_;
    const std::uint64_t number = ++last_client_;
    client.membership.client = {{1}, {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8U)}};
    client.membership.name = names[random_.below(names.size())];
    client.membership.weight = static_cast<std::uint32_t>(random_.chance(60) ? 1 : random_.between(1, 5));
    client.membership.standby = random_.chance(15);
    client.membership.predecessors = before;
    client.membership.row = counters_.row({"group", "http", "token", client.membership.name});
    const auto predecessor = std::find_if(clients_.begin(), clients_.end(), [&](const Client& one) {
        return std::find(before.begin(), before.end(), one.membership.client) != before.end();
    });
    if (predecessor != clients_.end()) {
        client.slot = predecessor->slot;
    } else {
        client.slot = {client.membership.name, 0};
        const auto has_it = [&client](const Client& one) { return one.slot == client.slot; };
        while (std::any_of(clients_.begin(), clients_.end(), has_it)) {
            ++client.slot.second;
        }
    }
    require(list_.may_join(client.membership), "there is room for one more member");
    clients_.push_back(std::move(client));
    add_trunk(clients_.back());
    clients_.back().it = list_.member_of(*clients_.back().trunks.front());
    now_at_.emplace(clients_.back().it, 0);
    tell("joins: " + clients_.back().it->name() + ", slot " + clients_.back().slot.first + '/' +
         std::to_string(clients_.back().slot.second));
}

void GroupWorld::add_trunk(Client& client) {
    if (client.trunks.size() < 3) {
        const auto trunk = std::make_shared<Trunk>();
        trunk->health = {!random_.chance(10), random_.chance(30)};
        require(list_.add(trunk, 1, client.membership, trunk->health).empty(), "one more trunk takes nobody's place");
        client.trunks.push_back(trunk);
    }
}

void GroupWorld::join_beyond_the_bound() {
    std::set<Slot> slots;  // a successor beside its predecessor is not one more
    for (const Client& client : clients_) {
        slots.insert(client.slot);
    }
    for (std::size_t taken = slots.size(); taken < limits::group_members_max; ++taken) {
        join({});
    }
    directory::Membership another = terms_;
    another.client = {{1}, {0xff, 0xff}};
    require(!list_.may_join(another), "a group has no more members than it may");
    require(list_.may_join(some_client().membership), "one more trunk of a member may join");
    another.predecessors = {some_client().membership.client};
    require(list_.may_join(another), "a full group has room for a successor");
    add_visitor(persons_.front(), false);
}

// A successor comes, and perhaps one more, or the one that it wants the place of goes.
void GroupWorld::succeed() {
    const std::size_t old = random_.below(clients_.size());
    if (clients_.size() < 10) {
        join({clients_[old].membership.client});
        ++counts_.handed_over;
    }
    for (std::uint64_t visitors = random_.below(6); visitors > 0; --visitors) {
        add_visitor(persons_[random_.below(persons_.size())], false);
    }
    if (random_.chance(70)) {
        clients_.back().membership.predecessors.clear();  // it has the place, and says so no more
        leave(old, random_.below(2));
    }
}

// 0: trunk by trunk, with visitors in between, and who is there finishes. 1: at once. 2: at once, and cuts who is
// there.
void GroupWorld::leave(std::size_t at, std::size_t how) {
    tell("leaves: " + clients_[at].it->name() + " in way " + std::to_string(how));
    const auto trunks = clients_[at].trunks;
    if (how == 0) {
        while (!clients_[at].trunks.empty()) {
            list_.remove(*clients_[at].trunks.back());
            clients_[at].trunks.pop_back();
            if (!clients_[at].trunks.empty()) {
                add_visitor(persons_[random_.below(persons_.size())], false);
            }
        }
    } else {
        require(list_.remove_all_of(*trunks.front()).size() == trunks.size(), "all of a client's trunks go");
    }
    require(clients_[at].it->state() == GroupMember::State::draining, "a member that has gone is told to be draining");
    clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(at));
    for (std::size_t i = visits_.size(); how == 2 && i > 0; --i) {
        if (std::find(trunks.begin(), trunks.end(), visits_[i - 1].trunk) != trunks.end()) {
            end_visit(i - 1);
        }
    }
    add_visitor(persons_[random_.below(persons_.size())], false);
}

void GroupWorld::rotate(Client& client) {
    std::shared_ptr<Trunk>& old = client.trunks[random_.below(client.trunks.size())];
    list_.set_yields(*old);
    add_visitor(persons_[random_.below(persons_.size())], false);
    const auto fresh = std::make_shared<Trunk>();
    fresh->health = old->health;
    const auto replaced = list_.add(fresh, 1, client.membership, fresh->health);
    require(replaced.size() == 1 && replaced.front() == old, "a fresh trunk takes the place of the one that yields");
    old = fresh;
}

void GroupWorld::change_health(Client& client) {
    Trunk& trunk = *client.trunks[random_.below(client.trunks.size())];
    trunk.health = {random_.chance(60), random_.chance(30), trunk.health.waits};
    list_.set_health(trunk, trunk.health);
}

void GroupWorld::lose_or_resume(Client& client) {
    const bool waits = random_.chance(60);
    for (const auto& trunk : client.trunks) {
        trunk->health.waits = waits != random_.chance(15);
        list_.set_health(*trunk, trunk->health);
    }
}

// --- visitors ---

// Whoever is full passes it on, as a trunk does; whose backend refuses it is not asked again, as an exchange does.
void GroupWorld::add_visitor(Person& person, bool near) {
    ++counts_.visitors;
    directory::CarrierIds passed;
    const GroupMember* excluded_member = nullptr;
    for (;;) {
        std::shared_ptr<Trunk> trunk;
        Client* const client = choose(person, passed, excluded_member, near, trunk);
        if (client == nullptr) {
            ++counts_.refused;
            return;
        }
        if (trunk->full) {
            passed.push_back(trunk->carrier_id());
        } else if (excluded_member == nullptr && random_.chance(5)) {
            excluded_member = client->it.get();
        } else {
            visits_.push_back({directory::MemberVisit(client->it), trunk});
            ++trunk->visitors;
            ++now_at_.at(client->it);
            person.tag = client->it->tag();
            return;
        }
    }
}

GroupWorld::Client* GroupWorld::choose(Person& person, const directory::CarrierIds& passed,
                                       const GroupMember* excluded_member, bool near, std::shared_ptr<Trunk>& trunk) {
    const Clients may = eligible(passed, excluded_member);
    directory::BalanceContext ask;
    ask.now = now_;
    ask.sticky = {person.address, person.tag};
    ask.excluded_member = excluded_member;
    const auto is_near = [](const Trunk& one) { return one.visitors % 2 == 0; };
    const auto* const carrier = near ? list_.choose(passed, is_near, ask) : list_.choose(passed, ask);
    require((carrier == nullptr) == may.empty(), carrier == nullptr ? "a visitor is refused, though a member takes it"
                                                                    : "a visitor comes where nobody takes it");
    if (carrier == nullptr) {
        return nullptr;
    }
    trunk = carrier->trunk;
    const auto it = list_.member_of(*carrier);
    Client* const client = client_of(it.get());
    require(client != nullptr, "a visitor comes to a member that is gone");
    const auto own = std::find(client->trunks.begin(), client->trunks.end(), trunk);
    require(own != client->trunks.end(), "a visitor comes to a trunk that is gone");
    require(usable(*trunk), "a visitor comes to a trunk with an unhealthy backend");
    require(!trunk->health.waits || std::none_of(client->trunks.begin(), client->trunks.end(),
                                                 [&](const auto& one) {
                                                     return usable(*one) && !one->health.waits &&
                                                            std::find(passed.begin(), passed.end(),
                                                                      one->carrier_id()) == passed.end();
                                                 }),
            "a visitor comes to a trunk that waits, though another one of its client does not");
    require(std::find(passed.begin(), passed.end(), trunk->carrier_id()) == passed.end(),
            "it has just passed the visitor on");
    judge(person, may, *client);
    if (client->out) {
        client->on_trial = true;
        client->out_until = now_ + std::chrono::milliseconds(terms_.eject.first_ms);
    }
    return client;
}

void GroupWorld::end_visit(std::size_t at) {
    Visit& visit = visits_[at];
    --visit.trunk->visitors;
    --now_at_.at(visit.visit.shared());
    visits_.erase(visits_.begin() + static_cast<std::ptrdiff_t>(at));
}

void GroupWorld::record_outcome(std::size_t at, MemberOutcome outcome) {
    const GroupMember* const member = visits_[at].visit.member();
    Duration time{};
    const HealthTransition turn = list_.record_outcome(*member, outcome, now_, time);
    Client* const client = client_of(member);
    if (client == nullptr || terms_.eject.failures == 0) {
        require(turn == HealthTransition::none, "nobody is ejected who is gone, or without such terms");
    } else if (is_failure(terms_.eject, outcome)) {
        record_failure(*client, turn, time);
    } else if (outcome == MemberOutcome::success || outcome == MemberOutcome::response_5xx) {
        require((turn == HealthTransition::returned) == (client->out && client->on_trial),
                "who is back by a good trial");
        record_success(*client);
    } else {
        require(turn == HealthTransition::none, "what does not count changes nothing");
    }
    counts_.returned += turn == HealthTransition::returned ? 1 : 0;
}

void GroupWorld::record_success(Client& client) {
    client.row = 0;
    client.out = client.out && !client.on_trial;
    client.on_trial = client.on_trial && client.out;
}

void GroupWorld::record_failure(Client& client, HealthTransition turn, Duration time) {
    if (client.out) {
        require(turn == HealthTransition::none, "who is out is not ejected again");
        if (client.on_trial) {
            client.on_trial = false;
            client.out_until = now_ + time;
        }
        return;
    }
    const auto out = static_cast<std::size_t>(
        std::count_if(clients_.begin(), clients_.end(), [](const Client& one) { return one.out; }));
    const bool others = std::any_of(clients_.begin(), clients_.end(),
                                    [&](const Client& one) { return &one != &client && !one.out && is_there(one); });
    const bool may =
        (out == 0 || (out + 1) * 100 <= clients_.size() * terms_.eject.share) && (terms_.eject.last_too || others);
    client.row = now_ - client.failed_at > 1min ? 1 : client.row + 1;
    client.failed_at = now_;
    const bool goes = client.row >= terms_.eject.failures && may;
    require((turn == HealthTransition::ejected) == goes, "a member is ejected when its terms say so");
    client.row = goes ? 0 : std::min(client.row, terms_.eject.failures);
    if (goes) {
        ++counts_.ejected;
        tell("ejected: " + client.it->name());
        client.out = true;
        client.out_until = now_ + time;
        require(time >= std::chrono::milliseconds(terms_.eject.first_ms), "it is out for its time");
    }
}

// --- the end ---

// All that was bad gets better: each regular member takes visitors again, and nobody is refused.
void GroupWorld::calm_down() {
    for (Client& client : clients_) {
        for (const auto& trunk : client.trunks) {
            trunk->full = false;
            trunk->health = {};
            list_.set_health(*trunk, {});
        }
    }
    if (clients_.empty()) {
        join({});
        list_.set_health(*clients_.front().trunks.front(), {});
        clients_.front().trunks.front()->health = {};
    }
    const auto is_back = [this](const Client& client) {
        return !client.out || client.membership.standby ||
               std::any_of(std::as_const(clients_).data(), &client,
                           [&](const Client& one) { return one.slot == client.slot; });
    };
    for (int i = 0; i < 20'000 && !std::all_of(clients_.begin(), clients_.end(), is_back); ++i) {
        now_ += 1s;
        Person stranger{random_.next()};
        const std::size_t before = visits_.size();
        add_visitor(stranger, false);
        if (visits_.size() > before) {
            record_outcome(before, MemberOutcome::success);
        }
    }
    require(std::all_of(clients_.begin(), clients_.end(), is_back), "who was ejected comes back by a trial");
    const std::uint64_t refused = counts_.refused;
    for (Person& person : persons_) {
        for (int i = 0; i < 3; ++i) {
            add_visitor(person, i == 1);
        }
    }
    // A visitor whose member refuses it is refused where there is no other one.
    require(refused == counts_.refused || clients_.size() < 4, "nobody is refused when all is well");
}

void GroupWorld::end_all() {
    while (!visits_.empty()) {
        end_visit(random_.below(visits_.size()));
    }
    judge_counts();
    for (const auto& row : counters_.rows()) {
        require(row->now == 0, "nobody counts any more");
    }
    (void)list_.remove_all();
    require(list_.empty() && !list_.is_group(), "nothing is left");
    clients_.clear();
    require(list_.choose({}, {.now = now_}) == nullptr, "nobody is left");
}

}  // namespace ferrotunnel::simulation
