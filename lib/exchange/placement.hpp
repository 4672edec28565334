// Where a request is sent: to which member of a group, over which carrier, on which connection; and the wait in the
// queue for a connection.
//
//   open --idle connection--> connected
//     |--queue, too many opens--> pending --its turn--> open_in_turn
//     '--carrier--> pending --on_backend_event--> connected
//                        '--refused--> refused(): the next carrier, or none: full, gone, unhealthy, over_quota
//
// A request that is sent again goes through open_again(), and skips the carriers and the member that failed it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "directory/carrier_id.hpp"
#include "directory/group_member.hpp"
#include "exchange/backend_stream.hpp"
#include "exchange/backend_timer.hpp"
#include "exchange/connect_limiter.hpp"
#include "exchange/exchange_context.hpp"
#include "exchange/exchange_record.hpp"
#include "exchange/failure.hpp"
#include "http/edits.hpp"

namespace ferrotunnel::exchange {

class Placement {
public:
    using Carrier = directory::HttpService::Carrier;

    enum class Result : std::uint8_t {
        connected,   // there is a connection: the request is sent
        pending,     // `user` or `connect_waiter` is called
        full,        // no carrier has room
        gone,        // no carrier is left
        unhealthy,   // the backend of the carriers is unhealthy
        over_quota,  // the token of the service has reached its limit of visitors
    };
    /// Whether a request whose service lost its last carrier continues.
    enum class Retry : std::uint8_t {
        now,
        wait,
        never,
        anew,  // a client of this server has the service, whose rules apply to the request as it arrived
    };
    struct Successor {
        Retry retry = Retry::never;
        std::optional<Carrier> carrier{};  // of the same service
    };
    struct Needs {
        const ExchangeContext& at;
        ExchangeRecord& record;
        BackendTimer& timer;
        BackendUser& user;
        ConnectWaiter& connect_waiter;
    };

    explicit Placement(const Needs& needs) noexcept : needs_(needs) {}

    /// The connection, which may be opening; null if there is none.
    const IntrusivePtr<BackendStream>& stream() const noexcept { return stream_; }

    // --- a connection ---

    /// Takes an idle connection, requests one, or queues behind those that wait.
    Result open() {
        return needs_.at.edge.connect_limiter.has_queue(needs_.at.request.service->serial()) ? wait_for_connect()
                                                                                             : open_in_turn();
    }
    /// Likewise: its turn has come.
    Result open_in_turn();
    /// Requests a new connection, or queues, for a request that is sent again.
    Result open_again(std::optional<Carrier> carrier = std::nullopt);
    /// Requests a new connection. Without `carrier` it chooses one.
    Result open_fresh(std::optional<Carrier> carrier = std::nullopt);
    /// The carrier refused the requested connection: tries the next one.
    Result refused();
    /// The time in the queue is over. True if the request continues to wait, since others are making progress.
    bool extend_wait();
    bool is_waiting_to_connect() const noexcept { return needs_.connect_waiter.is_waiting_to_connect(); }
    /// Reports to the limiter that the backend has accepted the connection, or never will.
    void settle() noexcept {
        if (std::exchange(counted_as_opening_, false)) {
            settle_at_limiter();
        }
    }

    /// Ends the connection at once.
    void drop(wire::Code code) noexcept;
    /// Ends the connection in order.
    void close() noexcept {
        settle();
        std::exchange(stream_, nullptr)->close();
    }
    /// The response is complete. Returns the connection to the pool for further use, or ends it in order.
    void finish(bool keeps_connection) noexcept {
        ExchangeWorker& edge = needs_.at.edge;
        if (!keeps_connection || edge.draining() || !may_be_shared()) {
            close();
            return;
        }
        settle();
        edge.pool.put(std::exchange(stream_, nullptr));
        edge.connect_limiter.stream_returned(needs_.at.request.service->serial());
    }

    StreamFacts facts() const noexcept {
        return {stream_->connected(), stream_->nothing_delivered(), stream_->reused(), !forwarded_to_.empty()};
    }
    /// Whether the silence shows nothing about the backend: its carrier is lost and there is another one; or it leads
    /// to another member of the cluster, which accepts every stream at once, so the link is broken, or will be seen to
    /// be.
    bool has_lost_carrier() const noexcept {
        return stream_ && (!forwarded_to_.empty() || (stream_->carrier().waits() && !stream_->is_carried()));
    }

    // --- another try ---

    unsigned repeats() const noexcept { return repeats_; }
    /// Whether a backend may have had a part of the request, in an attempt before the present one.
    bool has_reached_backend() const noexcept { return has_reached_backend_; }
    /// The request is sent again. Its connection still exists.
    void record_retry(const Failure& failure);
    /// A carrier of another member for a request of which nothing has reached a backend; empty if there is none.
    std::optional<Carrier> choose_other_member();
    /// Whether the service has another carrier by now, or a successor. With `now` the request is for that one.
    Successor find_successor();
    /// The members that did not have a forwarded request's service may have it by now.
    void forget_refusals() noexcept {
        if (repeats_ < forwards_max) {
            misses_ = 0;
            excluded_.clear();
        }
    }
    /// The directory's count of changes when the request began to ask the carriers that have refused it. Later changes
    /// may have arrived before a refusal that they make untrue.
    std::uint64_t asked_since() const noexcept { return asked_since_; }
    /// A member did not have the service, and the request is not sent again for now. Its connection still exists.
    void record_miss() {
        ++repeats_;
        ++misses_;
        excluded_.push_back(stream_->carrier().carrier_id());
    }
    /// How many members in a row did not have the service.
    unsigned misses() const noexcept { return misses_; }
    /// A client of this server has the service by now.
    void stop_forwarding() noexcept {
        forwarded_to_ = {};
        excluded_.clear();
    }

    // --- the member of a group ---

    /// Reads which member the visitor had before, if visitors stay with their member.
    void read_sticky(const IncomingRequest& arrival) {
        if (needs_.at.request.service->sticky().by != wire::Sticky::off) {
            read_sticky_of(arrival);
        }
    }
    void record_outcome(directory::MemberOutcome outcome) {
        if (member_.member() != nullptr) {
            record_outcome_of(*member_.member(), outcome);
        }
    }
    /// Adds the name of the member that responded, if wanted, and the member's cookie, unless the visitor has it.
    void put_member(http::Edits& edits) const {
        if (member_.member() != nullptr) {
            put_member_of(*member_.member(), edits);
        }
    }
    /// Who had the request last: a member of the group, or of the cluster. Empty: the service's only client.
    std::string_view member_name() const noexcept {
        return !forwarded_to_.empty() ? forwarded_to_ : group_member_name();
    }

private:
    /// Which member a visitor of a group had before.
    struct Sticky {
        std::uint64_t address = 0;
        std::string tag;           // of its cookie; empty if it has none
        bool is_accepted = false;  // that is by the other accepted key, and replaced
    };

    std::string_view group_member_name() const noexcept {
        return member_.member() != nullptr ? member_.member()->name() : std::string_view();
    }
    Successor find_other_service();
    void record_asking() noexcept {
        if (excluded_.empty()) {
            asked_since_ = needs_.at.edge.routes.changes();
        }
    }
    Result wait_for_connect();
    void settle_at_limiter() noexcept;
    void read_accepted_cookie(const IncomingRequest& arrival, std::string_view name);
    void read_sticky_of(const IncomingRequest& arrival);
    void record_outcome_of(const directory::GroupMember& member, directory::MemberOutcome outcome);
    void put_member_of(const directory::GroupMember& member, http::Edits& edits) const;
    directory::BalanceContext balance_context() const noexcept;
    std::optional<Carrier> choose_carrier();
    void count_member(const std::shared_ptr<directory::GroupMember>& member);
    std::uint64_t stream_owner() const noexcept;
    /// Whether the connection may serve another visitor: no login is bound to it, or no other visitor can get it.
    bool may_be_shared() const noexcept {
        return !needs_.at.request.binds_connection || needs_.at.request.service->description().per_visitor;
    }

    const Needs needs_;
    IntrusivePtr<BackendStream> stream_;
    directory::CarrierIds excluded_;  // carriers without room, or that have left
    directory::MemberVisit member_;   // with a group: the member that has the request; otherwise empty
    std::shared_ptr<directory::GroupMember> excluded_member_;  // the member that could not reach its backend
    std::unique_ptr<Sticky> sticky_;  // null if visitors of the service do not stay with members
    std::string_view forwarded_to_;   // the member of the cluster that had the request last; empty: a client had it
    std::uint64_t asked_since_ = 0;
    std::uint8_t repeats_ = 0;
    std::uint8_t misses_ = 0;
    bool has_reached_backend_ = false;  // before the present attempt
    bool no_room_ = false;              // an excluded carrier is still connected
    bool counted_as_opening_ = false;   // at the limiter
    bool stale_reuse_ = false;          // an idle connection had been closed: the next one is fresh
};

}  // namespace ferrotunnel::exchange
