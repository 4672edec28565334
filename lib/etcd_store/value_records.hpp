// Shared values as keys in etcd. Sans-IO.
//
//   PREFIX value/KEY     sealed by the cluster's key, bound to the whole key: when it was written, and a message
//   `value`
//
// So who can read etcd learns which values there are, and neither their texts nor who has set them; who can write it
// can remove values or bring back earlier ones of the same key, and cannot make others.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/message.hpp"
#include "etcd/requests.hpp"
#include "etcd/values.hpp"
#include "transport/cluster_seal.hpp"

namespace ferrotunnel::etcd_store {

class ValueRecords {
public:
    using Milliseconds = std::uint64_t;  // since 1970

    struct Record {
        cluster::Value value;
        bool has_ended = false;       // its lifetime was over when it was read; `value` has no text
        Milliseconds kept_until = 0;  // it was removed, or ends, and can be deleted then; 0: it stays
    };

    /// `prefix`: at most limits::prefix_max bytes.
    ValueRecords(std::string prefix, const transport::ClusterKeys& keys);

    /// For values that are written from now on; those of the second key can be read. Throws TlsConfigError.
    void set_keys(const transport::ClusterKeys& keys);

    /// Of all values.
    const std::string& prefix() const noexcept { return prefix_; }
    std::string etcd_key(std::string_view key) const { return prefix_ + std::string(key); }
    /// The value's key. Empty: it is not one of a value.
    std::string_view value_key(std::string_view etcd_key) const noexcept;

    /// Throws TlsConfigError.
    etcd::Put put(const cluster::Value& value, Milliseconds now) const;
    /// Empty: it was sealed by another key, belongs to another place, was altered, or is not valid.
    std::optional<Record> read(const etcd::KeyValue& pair, Milliseconds now) const;
    /// The id of the key that values are sealed by.
    const std::string& sealed_by() const noexcept { return seal_->first_id(); }
    /// Whether this is the id of one of the keys.
    bool is_known(std::string_view key_id) const noexcept { return key_id == sealed_by() || key_id == second_; }
    /// Whether a value that is sealed by the key with this id is to be sealed again: that key is about to go. While a
    /// new key has only been added, those of members that seal by it already stay as they are.
    bool is_replaced(std::string_view key_id) const noexcept { return !replaced_.empty() && key_id == replaced_; }

private:
    std::string prefix_;
    std::unique_ptr<const transport::ClusterSeal> seal_;
    std::string second_;    // the id of the second key; "-": there is none
    std::string replaced_;  // the id of an earlier key than the first
};

}  // namespace ferrotunnel::etcd_store
