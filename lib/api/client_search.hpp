// A request about the services of a client that is connected to another member of the cluster.
//
//   searching: every linked member is asked for clients of this name --all have answered, or too late-->
//      no client: not_found    several clients: ambiguous    one: the request goes to a member that it is connected to
//
// Names only: the numbers by which operators identify clients are each server's own.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "admin/answer.hpp"
#include "admin/member_answer.hpp"
#include "base/clock.hpp"
#include "peers/cluster.hpp"

namespace ferrotunnel::detail {

class ClientSearch {
public:
    /// The request is `method`, /v1/clients/CLIENT and `path`, and `body`.
    struct Wanted {
        std::string client;
        std::string method;
        std::string path;
        std::string body;
    };
    ClientSearch(std::shared_ptr<peers::Cluster> cluster, Wanted wanted);

    /// Empty if there is no answer yet.
    std::optional<admin::Answer> next(TimePoint now);

private:
    using Pending = std::unique_ptr<admin::MemberAnswer>;

    Pending ask(const std::string& member, const std::string& method, const std::string& path, const std::string& body,
                Duration time);
    void note(const std::string& member, const admin::Answer& answer);
    std::optional<admin::Answer> decide();

    const std::shared_ptr<peers::Cluster> cluster_;
    const Wanted wanted_;
    std::vector<Pending> searching_;
    Pending forwarded_;                 // once the member is known
    std::set<std::string> clients_;     // that have the name, on all members
    std::vector<std::string> members_;  // that it is connected to
    std::string id_;                    // the number of the client at the first of them
    std::vector<std::string> silent_;   // members that could not be asked
};

/// Waits for the answer.
admin::Answer search_client(std::shared_ptr<peers::Cluster> cluster, ClientSearch::Wanted wanted);

}  // namespace ferrotunnel::detail
