#include "etcd_store/stored_names.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "etcd_store/limits.hpp"
#include "etcd_store/mutant.hpp"

namespace ferrotunnel::etcd_store {
namespace {

using cluster::StoreAnswer;
using TransactionResult = Result<etcd::TransactionAnswer, etcd::Fault>;

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
    operation.live = live_.id();
    queues_.add(std::move(operation));
    advance_at_ = calls_.now();
}

void StoredNames::tick() {
    for (LeaseKeeper* const lease : {&live_, &hosts_, &ports_}) {
        lease->tick();
    }
    if (advance_at_ <= calls_.now()) {
        advance();
    }
}

// --- leases ----------------------------------------------------------------------------------------------------------

// What has cost one lease may have cost all, also those of which etcd hears only each third of a day; and what was put
// with them, and is not claimed again, ends with them.
void StoredNames::lease_lost() {
    ++generation_;
    has_lost_ = true;
    release_leases_.clear();
    replace_leases();
}

void StoredNames::replace_leases() {
    for (LeaseKeeper* const lease : {&live_, &hosts_, &ports_}) {
        lease->replace();
    }
}

void StoredNames::check_leases() {
    for (LeaseKeeper* const lease : {&live_, &hosts_, &ports_}) {
        lease->check();
    }
}

void StoredNames::lease_changed() {
    std::string problem = present_problem();
    if (problem == problem_) {
        return;
    }
    problem_ = std::move(problem);
    advance_at_ = calls_.now();
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

// Of a linearizable answer, whose call was sent when `sent_at` had been seen.
void StoredNames::see(const etcd::Header& header, etcd::Revision sent_at) {
    const bool is_other = cluster_ != 0 && header.cluster != cluster_;
    const bool is_older = header.revision < sent_at;
    cluster_ = header.cluster;
    seen_ = is_other || is_older ? header.revision : std::max(seen_, header.revision);
    if ((is_other || is_older) && !mutant(Mutant::backward_revision)) {
        replace_leases();
    }
}

// --- operations ------------------------------------------------------------------------------------------------------

// While etcd cannot be asked, releases wait, and claims are answered at once.
void StoredNames::advance() {
    if (!problem_.empty()) {
        advance_at_ = never;
        return;
    }
    while (Operation* const operation = queues_.next(calls_.now())) {
        run(*operation);
    }
    advance_at_ = queues_.next_deadline();
}

void StoredNames::run(Operation& operation) {
    if (operation.is_claim) {
        run_claim(operation);
    } else {
        run_release(operation);
    }
}

void StoredNames::run_claim(Operation& operation) {
    operation.live = live_.id();
    const LeaseKeeper& reserving = is_port(operation.claimed.name) ? ports_ : hosts_;
    calls_.transact(keys_.claim(operation.claimed, operation.live, reserving.id()),
                    [this, name = operation.claimed.name, generation = generation_,
                     sent_at = seen_](const TransactionResult& answer) { claimed(name, generation, answer, sent_at); });
}

void StoredNames::claimed(const cluster::Name& name, std::uint64_t generation, const TransactionResult& answer,
                          etcd::Revision sent_at) {
    if (answer) {
        see(answer->header, sent_at);
    }
    advance_at_ = calls_.now();
    if (!answer) {
        return claim_failed(name, answer.error());
    }
    if (generation != generation_ && !mutant(Mutant::old_answer)) {
        return claim_failed(name, {etcd::Fault::Kind::unavailable, "it has lost this member's lease"});
    }
    Operation& operation = queues_.running(name);
    const StoreAnswer decision = ClaimKeys::answer_of(operation.claimed, *answer);
    if (decision.kind == StoreAnswer::Kind::other_owner && operation.follows &&
        ++operation.attempts < limits::follow_attempts_max) {
        return queues_.again_behind(name, calls_.now() + limits::follow_time);
    }
    finish_claim(name, decision);
}

// The claim may be there nevertheless. If nothing else refers to it, it is released, before anything else is asked
// about the name.
void StoredNames::claim_failed(const cluster::Name& name, const etcd::Fault& fault) {
    if (fault.kind == etcd::Fault::Kind::lease_missing) {
        check_leases();
    }
    const Operation& operation = queues_.running(name);
    if (!operation.is_held && etcd::may_be_done(fault) && !mutant(Mutant::unanswered_kept)) {
        Operation release{false, operation.claimed};
        release.live = operation.live;
        queues_.add(std::move(release));
    }
    finish_claim(name, {StoreAnswer::Kind::unavailable, fault.text});
}

void StoredNames::finish_claim(const cluster::Name& name, const StoreAnswer& answer) {
    handlers_.answered(queues_.finished(name).request, answer);
}

// --- releases --------------------------------------------------------------------------------------------------------

void StoredNames::run_release(const Operation& operation) {
    calls_.transact(keys_.release(operation.claimed, operation.live),
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
                            release_leases_.clear();  // one of them may have ended
                            return release_failed(operation);
                        }
                        see(answer->header, sent_at);
                        (void)queues_.finished(operation.claimed.name);
                        advance_at_ = calls_.now();
                    });
}

void StoredNames::release_failed(const Operation& operation) {
    const cluster::Name& name = operation.claimed.name;
    unsigned& attempts = queues_.running(name).attempts;
    attempts = std::min(attempts + 1, limits::release_pauses_max);
    queues_.again_at(name, calls_.now() + attempts * limits::again_time);
    advance_at_ = calls_.now();
}

}  // namespace ferrotunnel::etcd_store
