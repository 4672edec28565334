// Public ports that some members of the cluster cannot listen on, so that the owners of the ports learn of it.
//
//   RouteWriter --report--> ClusterValues "partial/t2222/b" --every member--> PartialPorts --note--> clients with the
//   port
//
// A value ends a minute after its member has reported it last: it is not reported for longer than the member lives.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "cluster/name.hpp"
#include "directory/cluster_values.hpp"

namespace ferrotunnel::peers {

class PartialPorts : public std::enable_shared_from_this<PartialPorts> {
public:
    /// Reported again every 10 s (port_retry_time), when the port is tried again.
    static constexpr Duration lifetime = std::chrono::minutes(1);

    /// Held by a shared_ptr. `changed`: a note has changed; called on the first worker.
    PartialPorts(std::shared_ptr<directory::ClusterValues> values, std::function<void()> changed)
        : values_(std::move(values)), changed_(std::move(changed)) {}

    /// Once, before links exist.
    void watch();
    /// This member cannot listen on the port of other members' clients; nothing: it can, or they do not have it any
    /// more.
    void report(const cluster::Name& port, const std::optional<std::string>& why);
    /// Which other members cannot listen on it, and why: "b (Address already in use), c (...)"; at most note_max bytes.
    /// Empty: all can. Any thread.
    std::string note(std::uint16_t port, bool udp) const;
    static constexpr std::size_t note_max = 256;
    /// Of all ports, with or without own clients.
    std::vector<std::pair<cluster::Name, std::string>> notes() const;

private:
    void set(const cluster::Name& port, const std::string& member, const std::optional<std::string>& why);

    const std::shared_ptr<directory::ClusterValues> values_;
    const std::function<void()> changed_;
    mutable Mutex mutex_;
    std::map<cluster::Name, std::map<std::string, std::string>> members_ GUARDED_BY(mutex_);  // reasons, by port
};

}  // namespace ferrotunnel::peers
