// A public port of a client, or of a group, in a table as a server has it: trunks come and go, are full and unhealthy,
// another client takes the port, nobody has it and it is held, the time for that is over. Visitors come all the while.
//
// What it holds the table to:
//   - each visitor is at one trunk that was there and could take it, waits, or was refused: never two, never none
//   - nobody waits at a port that somebody carries, or is closed; who has waited gets in before who comes later
//   - who is refused found nobody, or as many in the queue as there may be
//   - what counts in the end: nobody waits, and all who have waited were served or given up
//
// The sockets are real, and all else is one thread: the worker lives in the simulation's own loop.
#pragma once

#include <asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "directory/shared_port.hpp"
#include "runtime/worker.hpp"
#include "simulation/groups/group_world.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::simulation {

class PortWorld {
public:
    PortWorld(std::uint64_t seed, GroupCounts& counts, bool verbose);
    ~PortWorld();

    /// Throws std::runtime_error where a rule is broken.
    void run();

private:
    static constexpr std::size_t waiting_max = 20;

    class Guest;
    class Trunk;
    class Door;
    struct Taken {
        std::uint64_t guest;
        bool had_waited;
    };

    void step();
    void join(std::size_t client);
    void leave(std::size_t at, bool may_return);
    void give_to_successor();
    void rotate();
    void add_visitor();
    void settle();
    void judge();
    void end_all();

    directory::ClientId id_of(std::size_t client) const;
    std::optional<directory::Membership> membership_of(std::size_t client) const;
    bool somebody_takes() const;
    std::size_t waiting() const;
    void require(bool holds, const char* what) const;
    void tell(const std::string& what) const;

    test::SeededRandom random_;
    GroupCounts& counts_;
    const bool verbose_;
    const bool is_group_;
    asio::io_context io_;
    runtime::Worker worker_{io_};
    std::shared_ptr<directory::PortTable> table_;
    directory::Membership terms_{};
    std::vector<std::shared_ptr<Trunk>> trunks_;  // that carry it
    std::vector<IntrusivePtr<Guest>> guests_;
    std::shared_ptr<directory::SharedPort> port_;  // the last one
    Door* door_ = nullptr;                         // null: nobody listens
    std::uint16_t number_ = 0;
    Duration hold_{};
    bool is_open_ = false;           // by the model
    bool is_wrong_ = false;          // a trunk was given a visitor that it may not have
    std::uint64_t turned_away_ = 0;  // since there was no place to wait
    std::vector<Taken> taken_;       // in this step
};

}  // namespace ferrotunnel::simulation
