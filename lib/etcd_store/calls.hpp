// Calls: what StoredNames needs of etcd and of time. By etcd::Client and its worker's clock, or by a simulation.
#pragma once

#include <chrono>
#include <functional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "etcd/answers.hpp"
#include "etcd/requests.hpp"

namespace ferrotunnel::etcd_store {

/// Used by one thread.
class Calls {
public:
    /// Called once, later, and never within the call itself. A call that has failed for want of an answer may have had
    /// its effect, or may still have it.
    template <typename Answer>
    using Done = std::function<void(const Result<Answer, etcd::Fault>&)>;

    virtual ~Calls() = default;
    /// By a clock that no change of the date moves.
    virtual TimePoint now() const = 0;
    virtual void transact(const etcd::Transaction& request, Done<etcd::TransactionAnswer> done) = 0;
    virtual void grant(etcd::LeaseId lease, std::chrono::seconds time, Done<etcd::LeaseAnswer> done) = 0;
    virtual void renew(etcd::LeaseId lease, Done<etcd::LeaseAnswer> done) = 0;
};

}  // namespace ferrotunnel::etcd_store
