// Who may have a visitor, as the simulation's model of a group has it.
#include <algorithm>
#include <stdexcept>

#include "simulation/groups/group_world.hpp"

namespace ferrotunnel::simulation {
namespace {

void hold_to(bool holds, const char* what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

}  // namespace

bool GroupWorld::usable(const Trunk& trunk) const {
    const bool any_healthy = std::any_of(clients_.begin(), clients_.end(), [](const Client& client) {
        return std::any_of(client.trunks.begin(), client.trunks.end(),
                           [](const auto& one) { return one->health.healthy; });
    });
    return trunk.health.healthy || (!any_healthy && trunk.health.try_when_all_unhealthy);
}

bool GroupWorld::takes(const Client& client) const {
    return std::any_of(client.trunks.begin(), client.trunks.end(), [this](const auto& one) { return usable(*one); });
}

bool GroupWorld::is_there(const Client& client) const {
    return std::any_of(client.trunks.begin(), client.trunks.end(),
                       [this](const auto& one) { return usable(*one) && !one->health.waits; });
}

// Those who may have a visitor whom these trunks have passed on, and whom this member has just failed.
GroupWorld::Clients GroupWorld::eligible(const directory::CarrierIds& passed,
                                         const directory::GroupMember* excluded_member) const {
    const auto look = [&](bool ejected_too, bool waiting_too) {
        Clients can;
        for (const Client& client : clients_) {
            const bool has_room = std::any_of(client.trunks.begin(), client.trunks.end(), [&](const auto& trunk) {
                return usable(*trunk) && (waiting_too || !trunk->health.waits) &&
                       std::find(passed.begin(), passed.end(), trunk->carrier_id()) == passed.end();
            });
            const bool is_before =
                std::any_of(can.begin(), can.end(), [&](const Client* one) { return one->slot == client.slot; });
            if (has_room && !is_before && client.it.get() != excluded_member &&
                (ejected_too || !client.out || now_ >= client.out_until)) {
                can.push_back(&client);
            }
        }
        return can;
    };
    Clients can = look(false, false);
    if (can.empty() && !terms_.eject.last_too) {
        can = look(true, false);
    }
    if (can.empty()) {
        can = look(!terms_.eject.last_too, true);
    }
    if (std::any_of(can.begin(), can.end(), [](const Client* one) { return !one->membership.standby; })) {
        std::erase_if(can, [](const Client* one) { return one->membership.standby; });
    }
    return can;
}

void GroupWorld::judge(Person& person, const Clients& may, const Client& chosen) {
    hold_to(std::find(may.begin(), may.end(), &chosen) != may.end(),
            "a visitor comes to a member that may not have it");
    if (terms_.sticky == wire::Sticky::address) {
        std::set<std::pair<Slot, std::uint32_t>> slots;
        for (const Client* const one : may) {
            slots.insert({one->slot, one->membership.weight});
        }
        // Where fewer can have it than once, and the one that it had still can, it has that one.
        for (const auto& [others, slot] : person.had) {
            const bool is_part = std::includes(others.begin(), others.end(), slots.begin(), slots.end());
            const bool still_can =
                std::any_of(slots.begin(), slots.end(), [&slot = slot](const auto& one) { return one.first == slot; });
            if (is_part && still_can) {
                hold_to(chosen.slot == slot, "an address comes to another member than it had");
                ++counts_.stayed;
            }
        }
        person.had.try_emplace(std::move(slots), chosen.slot);
        return;
    }
    Clients among = may;
    if (terms_.sticky == wire::Sticky::cookie && !person.tag.empty()) {
        std::erase_if(among, [&person](const Client* one) { return one->it->tag() != person.tag; });
        hold_to(among.size() < 2, "no two that may have a visitor have one tag");
        hold_to(among.empty() || among.front() == &chosen, "a cookie comes to another member than it says");
        counts_.stayed += among.size();
        if (std::none_of(clients_.begin(), clients_.end(),
                         [&](const Client& one) { return one.it->tag() == person.tag && is_there(one); })) {
            return;  // its member is away, or waits: the tag, and not the balance, says who has it meanwhile
        }
    }
    judge_balance(among.empty() ? may : among, chosen);
}

void GroupWorld::judge_balance(const Clients& may, const Client& chosen) const {
    const auto has_fewer = [](const Client& one, const Client& other) {
        return one.it->visitors_now() * other.membership.weight < other.it->visitors_now() * one.membership.weight;
    };
    if (terms_.balance == wire::Balance::least) {
        hold_to(std::none_of(may.begin(), may.end(), [&](const Client* one) { return has_fewer(*one, chosen); }),
                "another member has fewer visitors");
    }
    if (terms_.balance == wire::Balance::two_choices && may.size() > 1) {
        hold_to(std::any_of(may.begin(), may.end(),
                            [&](const Client* one) { return one != &chosen && !has_fewer(*one, chosen); }),
                "of two, neither is the only one that has the most");
    }
}

void GroupWorld::judge_counts() const {
    std::uint64_t all = 0;
    for (const auto& [member, count] : now_at_) {
        hold_to(member->visitors_now() == count, "as many count at a member as it has");
        all += count;
    }
    std::uint64_t in_rows = 0;
    for (const auto& row : counters_.rows()) {
        in_rows += row->now;
    }
    hold_to(all == visits_.size() && in_rows == all, "rows count those who are there");
    hold_to(clients_.size() == list_.members().size(), "the members are those that are there");
    for (const Client& client : clients_) {
        using State = directory::GroupMember::State;
        const State state = client.it->state();
        hold_to((state == State::unhealthy) == !takes(client), "a member is told to be unhealthy when it is");
        hold_to((state == State::waiting) == (takes(client) && !is_there(client)),
                "a member is told to wait when it does");
        hold_to((state == State::ejected) == (is_there(client) && client.out),
                "a member is told to be ejected when it is");
        hold_to(state != State::draining, "a member that is there does not drain");
    }
}

GroupWorld::Client* GroupWorld::client_of(const directory::GroupMember* member) {
    const auto found = std::find_if(clients_.begin(), clients_.end(),
                                    [member](const Client& client) { return client.it.get() == member; });
    return found != clients_.end() ? &*found : nullptr;
}

}  // namespace ferrotunnel::simulation
