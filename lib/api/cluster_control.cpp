#include "api/cluster_control.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "admin/limits.hpp"
#include "admin/member_answer.hpp"
#include "base/text.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::detail {

using admin::Answer;

namespace {

Answer no_member(const std::string& member, const peers::ClusterState& state) {
    std::string others;
    for (const peers::ClusterState::Member& one : state.members) {
        others += (others.empty() ? "" : ", ") + one.name;
    }
    return admin::refusal(
        404, "not_found",
        in_quotes(member) + " is not a member of the cluster. This server is " + state.own +
            (others.empty() ? "; it knows no others." : "; the others that it knows are " + others + '.'));
}

Answer not_linked(const peers::ClusterState::Member& member) {
    return admin::refusal(503, "not_linked",
                          "The member " + in_quotes(member.name) + " cannot be reached from here" +
                              (member.problem.empty() ? "." : ": " + member.problem + '.'));
}

}  // namespace

Answer ask_member(const peers::Cluster& cluster, const std::string& member, const admin::Request& request,
                  const std::function<Answer(admin::Request)>& own) {
    const peers::ClusterState state = cluster.state();
    if (member == state.own) {
        return own(request);
    }
    const auto found = std::find_if(state.members.begin(), state.members.end(),
                                    [&member](const peers::ClusterState::Member& one) { return one.name == member; });
    if (found == state.members.end()) {
        return no_member(member, state);
    }
    try {
        auto [asks, answers] = runtime::socket_pair();
        if (!cluster.send_control(member, std::move(answers))) {
            return not_linked(*found);
        }
        const std::string path = std::string(request.path) + std::string(request.query);
        return admin::wait_for_member(std::move(asks), {request.method, path, request.body}, member,
                                      Clock::now() + limits::member_answer_time);
    } catch (const std::system_error& problem) {  // no descriptors
        return admin::refusal(503, "busy", problem.code().message());
    }
}

}  // namespace ferrotunnel::detail
