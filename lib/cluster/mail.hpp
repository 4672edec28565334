// Messages that wait for their link: requests, answers and probes, in their order; and which claims have been lost.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "cluster/limits.hpp"
#include "cluster/links.hpp"
#include "cluster/message.hpp"

namespace ferrotunnel::cluster {

/// A queue for each member. Messages to the own member are delivered by its register, so that a home treats its own
/// clients like those of others. Senders bound what they send (limits::requests_max, probes_max); `lost` is kept once
/// for each claim of the receiver.
class Mail {
public:
    explicit Mail(const Links& links) noexcept : links_(links) {}

    /// Drops the message if the member is not linked: its next link starts with a sync.
    void send(MemberIndex to, Message message) {
        if (links_.is_linked(to)) {
            queues_[to].push_back(std::move(message));
        }
    }
    void send_lost(MemberIndex to, const Name& name, Since since) {
        if (links_.is_linked(to)) {
            lost_[to].insert_or_assign(name, since);
        }
    }
    /// The receiver has ended the claim.
    void withdraw_lost(MemberIndex to, const Name& name) { lost_[to].erase(name); }

    bool is_empty(MemberIndex to) const noexcept { return queues_[to].empty() && lost_[to].empty(); }

    std::size_t size(MemberIndex to) const noexcept { return queues_[to].size() + lost_[to].size(); }

    std::optional<Message> take(MemberIndex to) {
        if (!queues_[to].empty()) {
            Message message = std::move(queues_[to].front());
            queues_[to].pop_front();
            return message;
        }
        if (lost_[to].empty()) {
            return std::nullopt;
        }
        const auto first = lost_[to].extract(lost_[to].begin());
        return Lost{first.key(), first.mapped()};
    }

    void clear(MemberIndex to) {
        queues_[to].clear();
        lost_[to].clear();
    }

private:
    const Links& links_;
    std::array<std::deque<Message>, limits::member_slots> queues_;
    std::array<std::map<Name, Since>, limits::member_slots> lost_;
};

}  // namespace ferrotunnel::cluster
