#include "etcd_store/stored_names.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "etcd_store/limits.hpp"

namespace ferrotunnel::etcd_store {
namespace {

using cluster::StoreAnswer;
using TransactionResult = Result<etcd::TransactionAnswer, etcd::Fault>;

// Of several claims together; each of them may be accepted.
bool is_refused(const etcd::Fault& fault) noexcept {
    return fault.kind == etcd::Fault::Kind::too_large || fault.kind == etcd::Fault::Kind::rejected;
}

bool is_port(const cluster::Name& name) {
    return name.kind() == cluster::Name::Kind::tcp_port || name.kind() == cluster::Name::Kind::udp_port;
}

}  // namespace

StoredNames::StoredNames(Calls& calls, Random& random, const std::string& prefix, const std::string& member,
                         Handlers handlers)
    : calls_(calls),
      handlers_(std::move(handlers)),
      random_(random),
      keys_(prefix, member),
      live_(calls, random, limits::live_time, {[this] { lease_changed(); }, [this] { lease_lost(); }}),
      hosts_(calls, random, limits::host_reserved_for, {[this] { lease_changed(); }, [this] { lease_lost(); }}),
      ports_(calls, random, limits::port_reserved_for, {[this] { lease_changed(); }, [this] { lease_lost(); }}) {}

void StoredNames::start() {
    live_.start();
    hosts_.start();
    ports_.start();
    ask_revision_at_ = calls_.now() + limits::revision_time;
}

void StoredNames::claim(const cluster::StoreClaim& claim) {
    if (!problem_.empty()) {
        handlers_.answered(claim.request, {StoreAnswer::Kind::unavailable, problem_});
        return;
    }
    queues_.add({true, {claim.name, claim.owner, claim.terms}, claim.request, claim.is_held, claim.follows});
    advance_at_ = calls_.now();
}

void StoredNames::release(const cluster::StoreRelease& release) {
    Operation operation{false, {release.name, release.owner, release.terms}};
    operation.reserved_for = release.reserved_for;
    queues_.add(std::move(operation));
    advance_at_ = calls_.now();
}

void StoredNames::tick() {
    for (LeaseKeeper* const lease : {&live_, &hosts_, &ports_}) {
        lease->tick();
    }
    if (ask_revision_at_ <= calls_.now()) {
        ask_revision();
    }
    if (advance_at_ <= calls_.now()) {
        advance();
    }
}

// --- leases ----------------------------------------------------------------------------------------------------------

void StoredNames::lease_lost() {
    ++generation_;
    has_lost_ = true;
}

void StoredNames::lease_changed() {
    std::string problem = present_problem();
    if (problem == problem_) {
        return;
    }
    problem_ = std::move(problem);
    if (problem_.empty() && std::exchange(has_lost_, false)) {
        handlers_.lost();
    }
    handlers_.problem(problem_);
    if (!problem_.empty()) {
        for (const std::uint64_t request : queues_.take_waiting_claims()) {
            handlers_.answered(request, {StoreAnswer::Kind::unavailable, problem_});
        }
    }
}

std::string StoredNames::present_problem() const {
    for (const LeaseKeeper* const lease : {&live_, &hosts_, &ports_}) {
        if (!lease->is_good(calls_.now())) {
            return lease->problem().empty() ? "it has not answered yet" : lease->problem();
        }
    }
    return {};
}

// By a transaction that does nothing. Answers about leases have the revision of a member that may lag behind.
void StoredNames::ask_revision() {
    ask_revision_at_ = never;
    calls_.transact({}, [this, sent_at = seen_](const TransactionResult& answer) {
        if (answer) {
            see(answer->header, sent_at);
        }
        ask_revision_at_ = calls_.now() + limits::revision_time;
    });
}

// Of a linearizable answer, whose call was sent when `sent_at` had been seen.
void StoredNames::see(const etcd::Header& header, etcd::Revision sent_at) {
    const bool is_other = cluster_ != 0 && header.cluster != cluster_;
    const bool is_older = header.revision < sent_at;
    cluster_ = header.cluster;
    seen_ = is_other || is_older ? header.revision : std::max(seen_, header.revision);
    if (is_other || is_older) {
        release_leases_.clear();
        live_.replace();
        hosts_.replace();
        ports_.replace();
    }
}

// --- operations ------------------------------------------------------------------------------------------------------

void StoredNames::advance() {
    while (const Operation* const release = queues_.next_release(calls_.now())) {
        run_release(*release);
    }
    for (auto claims = queues_.next_claims(calls_.now()); !claims.empty(); claims = queues_.next_claims(calls_.now())) {
        run_claims(claims);
    }
    advance_at_ = queues_.next_deadline();
}

// --- claims ----------------------------------------------------------------------------------------------------------

void StoredNames::run_claims(const std::vector<Operation*>& operations) {
    std::vector<cluster::Name> names;
    std::vector<LeasedClaim> claims;
    for (const Operation* const operation : operations) {
        names.push_back(operation->claimed.name);
        claims.push_back({&operation->claimed, (is_port(names.back()) ? ports_ : hosts_).id()});
    }
    if (!problem_.empty()) {
        queues_.claims_answered();
        return finish_claims(names, {StoreAnswer::Kind::unavailable, problem_});
    }
    calls_.transact(claims.size() == 1 ? keys_.claim(*claims[0].claimed, live_.id(), claims[0].reserving)
                                       : keys_.claims(claims, live_.id()),
                    [this, names, generation = generation_, sent_at = seen_](const TransactionResult& answer) {
                        claimed(names, generation, answer, sent_at);
                    });
}

void StoredNames::claimed(const std::vector<cluster::Name>& names, std::uint64_t generation,
                          const TransactionResult& answer, etcd::Revision sent_at) {
    queues_.claims_answered();
    if (answer) {
        see(answer->header, sent_at);
    }
    advance_at_ = calls_.now();
    if (answer && generation != generation_) {
        claims_failed(names, {etcd::Fault::Kind::unavailable, "it has lost this member's lease"});
    } else if (names.size() == 1 && answer) {
        decided(names.front(), *answer);
    } else if (answer && answer->succeeded) {
        finish_claims(names, {StoreAnswer::Kind::granted, {}});
    } else if (names.size() > 1 && (answer || is_refused(answer.error()))) {
        std::for_each(names.rbegin(), names.rend(), [this](const cluster::Name& name) { queues_.again_alone(name); });
    } else {
        claims_failed(names, answer.error());
    }
}

void StoredNames::decided(const cluster::Name& name, const etcd::TransactionAnswer& answer) {
    Operation& operation = queues_.running(name);
    const StoreAnswer decision = ClaimKeys::answer_of(operation.claimed, answer);
    if (decision.kind == StoreAnswer::Kind::other_owner && operation.follows &&
        ++operation.attempts < limits::follow_attempts_max) {
        queues_.again_behind(name, calls_.now() + limits::follow_time);
    } else {
        finish_claims({name}, decision);
    }
}

// The claims may be there nevertheless. One to which nothing else refers is released, before anything else is asked
// about the name.
void StoredNames::claims_failed(const std::vector<cluster::Name>& names, const etcd::Fault& fault) {
    if (fault.kind == etcd::Fault::Kind::lease_missing) {
        live_.check();
        hosts_.check();
        ports_.check();
    }
    for (const cluster::Name& name : names) {
        const Operation& operation = queues_.running(name);
        if (!operation.is_held && etcd::may_be_done(fault)) {
            queues_.add({false, operation.claimed});
        }
    }
    finish_claims(names, {StoreAnswer::Kind::unavailable, fault.text});
}

void StoredNames::finish_claims(const std::vector<cluster::Name>& names, const StoreAnswer& answer) {
    for (const cluster::Name& name : names) {
        handlers_.answered(queues_.finished(name).request, answer);
    }
}

// --- releases --------------------------------------------------------------------------------------------------------

void StoredNames::run_release(const Operation& operation) {
    calls_.transact(keys_.release(operation.claimed, live_.id()),
                    [this, operation, sent_at = seen_](const TransactionResult& answer) {
                        if (!answer) {
                            return release_failed(operation);
                        }
                        see(answer->header, sent_at);
                        reserve(operation);
                    });
}

void StoredNames::reserve(const Operation& operation) {
    const auto time = std::chrono::ceil<std::chrono::seconds>(operation.reserved_for);
    if (time <= std::chrono::seconds::zero()) {
        return reserve_with(operation, 0);
    }
    if (const auto lease = release_leases_.find(time, calls_.now())) {
        return reserve_with(operation, *lease);
    }
    const etcd::LeaseId lease = random_lease(random_);
    calls_.grant(
        lease, ReleaseLeases::granted_for(time),
        [this, operation, time, lease, sent = calls_.now()](const Result<etcd::LeaseAnswer, etcd::Fault>& answer) {
            if (!answer && answer.error().kind != etcd::Fault::Kind::lease_exists) {
                return release_failed(operation);
            }
            release_leases_.add(time, lease, sent);
            reserve_with(operation, lease);
        });
}

void StoredNames::reserve_with(const Operation& operation, etcd::LeaseId lease) {
    calls_.transact(keys_.reserve(operation.claimed, lease),
                    [this, operation, sent_at = seen_](const TransactionResult& answer) {
                        if (!answer) {
                            return release_failed(operation);
                        }
                        see(answer->header, sent_at);
                        (void)queues_.finished(operation.claimed.name);
                        advance_at_ = calls_.now();
                    });
}

void StoredNames::release_failed(const Operation& operation) {
    const cluster::Name& name = operation.claimed.name;
    if (++queues_.running(name).attempts < limits::release_attempts_max) {
        queues_.again_at(name, calls_.now() + limits::again_time);
    } else {
        (void)queues_.finished(name);
    }
    advance_at_ = calls_.now();
}

}  // namespace ferrotunnel::etcd_store
