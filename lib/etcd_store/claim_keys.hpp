// Keys and transactions in etcd for the names of a cluster. Sans-IO.
//
//   PREFIX claim/ROOT TOKEN                                    reserved for the token (a lease of its time)
//   PREFIX claim/ROOT TOKEN PATH PARTY-TERMS MEMBER            the member has the name (the member's lease)
//
// Components are percent-encoded and separated by a space, which is less than all of their characters. So what others
// have of a root, and what other owners have of a name, are ranges of keys on both sides of one's own, and a claim is
// one transaction that compares these ranges with "empty": nothing of it depends on what this member knows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/claim.hpp"
#include "cluster/store_answer.hpp"
#include "etcd/answers.hpp"
#include "etcd/requests.hpp"

namespace ferrotunnel::etcd_store {

/// A claim of this member.
struct ClaimedName {
    cluster::Name name;
    cluster::Owner owner;
    std::uint64_t terms = 0;

    bool operator==(const ClaimedName&) const = default;
};

/// A claim with the lease of its reservation.
struct LeasedClaim {
    const ClaimedName* claimed = nullptr;
    etcd::LeaseId reserving = 0;
};

class ClaimKeys {
public:
    /// `prefix`: at most limits::prefix_max bytes.
    ClaimKeys(std::string prefix, std::string member) : prefix_(std::move(prefix)), member_(std::move(member)) {}

    /// Puts the claim and the reservation, unless another token or owner has what it needs.
    etcd::Transaction claim(const ClaimedName& claimed, etcd::LeaseId live, etcd::LeaseId reserving) const;
    /// One of claims of different names, and of a root only of one token. It reads nothing if it is not carried out:
    /// then claim() shows for each name why.
    etcd::Transaction claims(const std::vector<LeasedClaim>& claims, etcd::LeaseId live) const;
    /// Why the transaction that claim() has made was not carried out, or that it was.
    static cluster::StoreAnswer answer_of(const ClaimedName& claimed, const etcd::TransactionAnswer& answer);
    /// Deletes the claim if it has this lease: a successor of this process may have put it again.
    etcd::Transaction release(const ClaimedName& claimed, etcd::LeaseId live) const;
    /// Reserves the root for its token with this lease, or not any more if it is 0; unless a member has a name of it.
    etcd::Transaction reserve(const ClaimedName& released, etcd::LeaseId lease) const;

    /// A read that all members of etcd agree on, for its revision. An empty transaction would be answered by one of
    /// them.
    etcd::Transaction look() const;
    /// Changes nothing of names: shows whether etcd accepts changes.
    etcd::Transaction attempt(etcd::LeaseId live) const;

    std::string claim_key(const ClaimedName& claimed) const;
    std::string reservation_key(const ClaimedName& claimed) const;

private:
    void add_claim(etcd::Transaction& transaction, const LeasedClaim& claim, etcd::LeaseId live,
                   bool is_first_of_root) const;
    std::string root_key(const cluster::Name& name) const;
    std::string path_key(const ClaimedName& claimed) const;

    const std::string prefix_;
    const std::string member_;
};

}  // namespace ferrotunnel::etcd_store
