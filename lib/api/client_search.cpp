#include "api/client_search.hpp"

#include <chrono>
#include <system_error>
#include <utility>

#include "api/limits.hpp"
#include "api/server_clients.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;

namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

}  // namespace

ClientSearch::ClientSearch(std::shared_ptr<peers::Cluster> cluster, Wanted wanted)
    : cluster_(std::move(cluster)), wanted_(std::move(wanted)) {
    const std::string path = "/v1/clients?name=" + percent_encoded(wanted_.client);
    for (const peers::ClusterState::Member& member : cluster_->state().members) {
        if (Pending asked = ask(member.name, "GET", path, {}, limits::client_search_time)) {
            searching_.push_back(std::move(asked));
        } else {
            silent_.push_back(member.name);
        }
    }
}

// Null if the member is not linked, or there are no descriptors.
ClientSearch::Pending ClientSearch::ask(const std::string& member, const std::string& method, const std::string& path,
                                        const std::string& body, Duration time) {
    try {
        auto [asks, answers] = runtime::socket_pair();
        return cluster_->send_control(member, std::move(answers))
                   ? std::make_unique<admin::MemberAnswer>(std::move(asks), admin::ControlRequest{method, path, body},
                                                           member, Clock::now() + time)
                   : nullptr;
    } catch (const std::system_error&) {
        return nullptr;
    }
}

std::optional<Answer> ClientSearch::next(TimePoint now) {
    for (Pending& one : searching_) {
        const std::optional<Answer> answer = one->next(now);
        if (answer) {
            note(one->member(), *answer);
            one.reset();
        }
    }
    std::erase(searching_, nullptr);
    if (!searching_.empty()) {
        return std::nullopt;
    }
    if (!forwarded_) {
        if (std::optional<Answer> answer = decide()) {
            return answer;
        }
    }
    std::optional<Answer> answer = forwarded_->next(now);
    if (answer && answer->body.is_object()) {
        answer->body["member"] = forwarded_->member();
    }
    return answer;
}

void ClientSearch::note(const std::string& member, const Answer& answer) {
    if (answer.status != 200) {
        silent_.push_back(member);
        return;
    }
    const auto clients = answer.body.find("clients");
    if (clients == answer.body.end() || !clients->is_array() || clients->empty()) {
        return;
    }
    members_.push_back(member);
    for (const Json& client : *clients) {
        if (client.is_object()) {
            clients_.insert(client.value("client", Json()).dump());
            id_ = members_.size() == 1 ? client.value("id", Json()).dump() : id_;
        }
    }
}

// The answer if the request is not forwarded.
std::optional<Answer> ClientSearch::decide() {
    if (members_.empty()) {
        Answer none = ServerClients::no_client(wanted_.client);
        if (!silent_.empty()) {
            none.body["error"]["message"] = none.body["error"]["message"].get<std::string>() +
                                            " These members of the cluster could not be asked: " + joined(silent_) +
                                            '.';
        }
        return none;
    }
    if (clients_.size() > 1) {
        return admin::refusal(409, "ambiguous",
                              "Several clients are called " + in_quotes(wanted_.client) +
                                  ". They are connected to these members of the cluster: " + joined(members_) +
                                  ". Name one of them (--server), and the id of the client there.");
    }
    const std::string path = "/v1/clients/" + percent_encoded(id_) + wanted_.path;
    forwarded_ = ask(members_.front(), wanted_.method, path, wanted_.body, limits::member_answer_time);
    return forwarded_ ? std::nullopt
                      : std::optional(admin::refusal(
                            503, "not_linked", "The member " + in_quotes(members_.front()) + " cannot be reached."));
}

Answer search_client(std::shared_ptr<peers::Cluster> cluster, ClientSearch::Wanted wanted) {
    const auto search = std::make_shared<ClientSearch>(std::move(cluster), std::move(wanted));
    Answer waits;
    waits.later = [search](TimePoint now) { return search->next(now); };
    return waits;
}

}  // namespace ferrotunnel::detail
