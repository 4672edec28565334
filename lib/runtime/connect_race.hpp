// Connects to the addresses of one name at the same time, and keeps the first connection (RFC 8305, "Happy Eyeballs").
//
//   address 1  |----------------------------------------> no answer: closed when another one has connected
//   address 2  |-- 250 ms --|-----> refused
//   address 3                      |--------> connected: the result
//
// An address is started limits::connect_attempt_every after the previous one, or at once when an attempt fails. At
// most limits::connects_at_once_max are in progress: then the oldest one, if it had limits::connect_room_after, makes
// room.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "runtime/address.hpp"
#include "runtime/limits.hpp"
#include "runtime/poller.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {

class Worker;

/// Lives on its worker. Has no timer and no deadline of its own: its owner calls `advance` at `next_start`.
class ConnectRace {
public:
    class Owner {
    public:
        /// A socket's event has produced the winner or ended an attempt. May destroy the race.
        virtual void on_race_changed() noexcept = 0;

    protected:
        ~Owner() = default;
    };

    ConnectRace(Worker& worker, Owner& owner);
    ~ConnectRace();
    ConnectRace(const ConnectRace&) = delete;
    ConnectRace& operator=(const ConnectRace&) = delete;

    /// Appends those addresses that are not in the list yet.
    void add(std::vector<SocketAddress> addresses);
    /// Starts attempts that are due. Within this machine that may produce the winner.
    void advance() noexcept;
    /// Ends attempts in progress; no others are started.
    void stop() noexcept;

    /// When `advance` has something to start; `never` if there is nothing more.
    TimePoint next_start() const noexcept;
    bool is_won() const noexcept { return winner_ != none; }
    /// Whether no attempt is in progress or left to start, and there is no winner.
    bool is_lost() const noexcept { return !is_won() && under_way_ == 0 && next_ == addresses_.size(); }
    bool has_addresses() const noexcept { return !addresses_.empty(); }
    std::size_t under_way() const noexcept { return under_way_; }

    /// The connected socket, once.
    Fd take() noexcept { return std::move(connected_); }
    /// The index of the winner's address among those added.
    std::size_t winner() const noexcept { return winner_; }
    const SocketAddress& winning_address() const noexcept { return addresses_[winner_]; }
    /// Why there is no winner.
    std::error_code error() const noexcept { return error_; }

private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    struct Attempt final : PollTarget {
        void on_events(std::uint32_t events) noexcept override { race->on_events(*this, events); }

        ConnectRace* race = nullptr;
        Fd socket;  // empty if the place is free
        std::size_t address = 0;
        TimePoint began{};
    };

    void start(std::size_t address) noexcept;
    Attempt& place_for_one() noexcept;
    std::size_t oldest() const noexcept;
    void on_events(Attempt& attempt, std::uint32_t events) noexcept;
    void failed(std::error_code error) noexcept;
    void win(std::size_t address, Fd socket) noexcept;
    void drop(Attempt& attempt) noexcept;

    Worker& worker_;
    Owner& owner_;
    std::vector<SocketAddress> addresses_;
    std::size_t next_ = 0;
    TimePoint begins_at_ = TimePoint::min();  // the next one, if there is room
    std::array<Attempt, limits::connects_at_once_max> attempts_;
    std::size_t under_way_ = 0;
    std::size_t winner_ = none;
    Fd connected_;
    std::error_code error_ = std::make_error_code(std::errc::host_unreachable);  // if there is no address at all
    bool has_failed_ = false;
};

}  // namespace ferrotunnel::runtime
