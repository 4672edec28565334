// What the control API does with the clients of a Server: it ends their sessions, and asks them about their services.
#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "admin/resources.hpp"
#include "api/server_impl.hpp"
#include "base/text.hpp"

namespace ferrotunnel {

using admin::Answer;
using admin::Json;
using session::ServerSession;

namespace {

// What a client says is a peer's word: JSON that is nested little, or it is no answer.
Answer answer_of(std::uint16_t status, const std::string& text) {
    if (status == 0) {
        return admin::refusal(503, "no_answer", text);
    }
    std::optional<Json> body = admin::object_in(text);
    return body ? Answer{status, std::move(*body)}
                : admin::refusal(502, "no_answer", "The client has answered what is no JSON object.");
}

}  // namespace

// By the id, or else by the name, which several may have.
std::map<directory::ClientId, std::vector<Server::Impl::SessionPtr>> Server::Impl::clients_called(
    const std::string& client) {
    std::map<directory::ClientId, std::vector<SessionPtr>> by_id;
    std::map<directory::ClientId, std::vector<SessionPtr>> by_name;
    for (const SessionPtr& session : sessions()) {
        const session::SessionView view = session->view();
        if (view.connected && std::to_string(numbers_.of(view.client)) == client) {
            by_id[view.client].push_back(session);
        } else if (view.connected && !view.name.empty() && view.name == client) {
            by_name[view.client].push_back(session);
        }
    }
    return by_id.empty() ? by_name : by_id;
}

std::size_t Server::Impl::kick(const std::string& client) {
    const auto kicked = clients_called(client);
    if (!kicked.empty()) {  // told before its effects, which other threads tell of
        Event event;
        event.kind = Event::Kind::kicked;
        event.client = client;
        event.text = "The operator has ended a client's connections.";
        events_.tell(std::move(event));
    }
    for (const auto& [id, trunks] : kicked) {
        for (const SessionPtr& trunk : trunks) {
            trunk->post([](ServerSession& one) {
                one.end(wire::Code::cancelled, "The operator of the server has ended the connection.");
            });
        }
        log_.info("the operator has ended a client's connections",
                  {{"client", client}, {"connections", trunks.size()}});
    }
    return kicked.size();
}

Answer Server::Impl::no_client(const std::string& client) {
    return admin::refusal(404, "not_found",
                          "No client is connected that has the name or the id " + in_quotes(client) + '.');
}

// On the control API's thread, which waits: a client that does not answer holds it up for limits::manage_patience.
Answer Server::Impl::ask_client(const std::string& client, const Json& request) {
    const auto found = clients_called(client);
    if (found.empty()) {
        return no_client(client);
    }
    if (found.size() > 1) {
        return admin::refusal(409, "ambiguous",
                              std::to_string(found.size()) + " clients are called " + in_quotes(client) +
                                  ": say the id of one, as `ferrotunnel status` shows it.");
    }
    std::string text = request.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > wire::manage_text_max) {
        return admin::refusal(413, "too_large",
                              "A request to a client has at most " + std::to_string(wire::manage_text_max) + " bytes.");
    }
    // A session whose place a fresh one has taken would be answered there.
    const std::vector<SessionPtr>& trunks = found.begin()->second;
    const auto present =
        std::find_if(trunks.begin(), trunks.end(), [](const SessionPtr& trunk) { return !trunk->view().retired; });
    const SessionPtr& trunk = present != trunks.end() ? *present : trunks.front();
    const auto promise = std::make_shared<std::promise<Answer>>();
    std::future<Answer> answer = promise->get_future();
    const bool is_posted = trunk->post([promise, text = std::move(text)](ServerSession& session) mutable {
        session.manage(std::move(text), [promise](std::uint16_t status, const std::string& told) {
            promise->set_value(answer_of(status, told));
        });
    });
    if (!is_posted || answer.wait_for(limits::manage_patience) != std::future_status::ready) {
        return admin::refusal(504, "no_answer", "The client has not answered within 5 s.");
    }
    return answer.get();
}

}  // namespace ferrotunnel
