// Chooses the worker of a client's connection. The trunks of one tunnel should be on different workers, or the tunnel
// would use one core of several; but it is not known yet which tunnel a connection will belong to. So connections from
// one address are spread: first those with a login, then those that may never have one, and among equals the worker
// with the fewest clients is chosen. Connections from other addresses that end without a login change nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/mutex.hpp"

namespace ferrotunnel::session {

/// Counts connections by address and worker; any thread.
class SessionBalancer : public std::enable_shared_from_this<SessionBalancer> {
public:
    explicit SessionBalancer(std::size_t workers) : clients_(workers) {}

    /// Counts one connection until it is destroyed.
    class Assignment {
    public:
        Assignment(std::shared_ptr<SessionBalancer> balancer, std::string address, std::size_t worker)
            : balancer_(std::move(balancer)), address_(std::move(address)), worker_(worker) {}
        ~Assignment() { balancer_->leave(*this); }
        Assignment(const Assignment&) = delete;
        Assignment& operator=(const Assignment&) = delete;

        std::size_t worker() const noexcept { return worker_; }
        /// The connection's token is proved: it stays.
        void set_client() { balancer_->set_client(*this); }

    private:
        friend class SessionBalancer;

        const std::shared_ptr<SessionBalancer> balancer_;
        const std::string address_;
        const std::size_t worker_;
        bool client_ = false;  // guarded by the spread's lock
    };

    std::shared_ptr<Assignment> assign(const std::string& address) {
        const MutexLock lock(mutex_);
        std::vector<Counts>& of_address = addresses_[address];
        of_address.resize(clients_.size());
        std::size_t best = turn_;
        for (std::size_t i = 1; i < clients_.size(); ++i) {
            const std::size_t at = (turn_ + i) % clients_.size();
            if (rank(of_address[at], at) < rank(of_address[best], best)) {
                best = at;
            }
        }
        auto assignment = std::make_shared<Assignment>(shared_from_this(), address, best);
        ++of_address[best].unauthenticated;
        turn_ = (best + 1) % clients_.size();
        return assignment;
    }

    /// The number of addresses that are connected.
    std::size_t addresses() const {
        const MutexLock lock(mutex_);
        return addresses_.size();
    }

private:
    struct Counts {
        std::uint32_t clients = 0;
        std::uint32_t unauthenticated = 0;
    };

    std::tuple<std::uint32_t, std::uint32_t, std::uint32_t> rank(const Counts& of_address, std::size_t worker) const
        REQUIRES(mutex_) {
        return {of_address.clients, of_address.unauthenticated, clients_[worker]};
    }

    void set_client(Assignment& assignment) {
        const MutexLock lock(mutex_);
        if (!std::exchange(assignment.client_, true)) {
            Counts& counts = addresses_.at(assignment.address_)[assignment.worker_];
            --counts.unauthenticated;
            ++counts.clients;
            ++clients_[assignment.worker_];
        }
    }

    void leave(const Assignment& assignment) {
        const MutexLock lock(mutex_);
        const auto known = addresses_.find(assignment.address_);
        Counts& counts = known->second[assignment.worker_];
        if (assignment.client_) {
            --counts.clients;
            --clients_[assignment.worker_];
        } else {
            --counts.unauthenticated;
        }
        const bool nobody = std::all_of(known->second.begin(), known->second.end(),
                                        [](const Counts& one) { return one.clients + one.unauthenticated == 0; });
        if (nobody) {
            addresses_.erase(known);
        }
    }

    mutable Mutex mutex_;
    std::map<std::string, std::vector<Counts>> addresses_ GUARDED_BY(mutex_);  // of connected addresses, by worker
    std::vector<std::uint32_t> clients_ GUARDED_BY(mutex_);                    // by worker
    std::size_t turn_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ferrotunnel::session
