#include "api/server_clients.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin/resources.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"
#include "login/key.hpp"
#include "session/kick_list.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;
using session::ServerSession;

namespace {

// A client's answer comes from a peer: only JSON with little nesting is accepted.
Answer answer_of(std::uint16_t status, const std::string& text) {
    if (status == 0) {
        return admin::refusal(503, "no_answer", text);
    }
    std::optional<Json> body = admin::object_in(text);
    return body ? Answer{status, std::move(*body)}
                : admin::refusal(502, "no_answer", "The client's answer is not a JSON object.");
}

// The same at all members that the client is connected to, and of no use for anything else.
std::string digest_of(const directory::ClientId& client) {
    return to_hex(Bytes(login::sha256({client.first, client.second})).first(8));
}

}  // namespace

// Clients to be kept out are recorded first: one that logs in meanwhile is refused, or checks this again after its
// login.
std::optional<ServerClients::Kicked> ServerClients::kick(const session::ClientQuery& client,
                                                         std::chrono::milliseconds keep_out) {
    const auto clients = needs_.sessions.called(client);
    Kicked kicked{clients.size(), 0};
    if (keep_out > std::chrono::milliseconds::zero()) {
        const auto kept = this->keep_out(client, clients, keep_out);
        if (!kept) {
            return std::nullopt;
        }
        kicked.kept_out = *kept;
    } else if (needs_.publish) {
        needs_.publish(described(clients), Duration::zero());
    }
    if (!clients.empty() || kicked.kept_out != 0) {  // reported before its effects, which other threads report
        Event event;
        event.kind = Event::Kind::kicked;
        event.client = client.text;
        event.client_id = clients.size() == 1 ? needs_.sessions.number_of(clients.begin()->first) : 0;
        event.text = kicked.kept_out == 0
                         ? "The operator closed the connections of a client."
                         : "The operator keeps a client out for " + session::format_wait(keep_out) + '.';
        needs_.events.deliver(std::move(event));
    }
    for (const auto& [id, trunks] : clients) {
        for (const SessionPtr& trunk : trunks) {
            trunk->post([](ServerSession& one) {
                one.end(wire::Code::cancelled, "The operator of the server closed the connection.");
            });
        }
        needs_.log.info("the operator closed the connections of a client",
                        {{"client", client.text}, {"connections", trunks.size()}});
    }
    if (kicked.kept_out != 0) {
        needs_.sessions.for_each([](ServerSession& session) { session.check_rights(); });
        needs_.log.info(
            "the operator keeps a client out",
            {{"client", client.text}, {"clients", kicked.kept_out}, {"for", session::format_wait(keep_out)}});
    }
    return kicked;
}

std::vector<session::KickList::Client> ServerClients::described(const SessionsByClient& clients) const {
    std::vector<session::KickList::Client> all;
    for (const auto& [id, trunks] : clients) {
        const session::SessionView view = trunks.front()->view();
        all.push_back({id, view.name, view.token_name, needs_.sessions.number_of(id)});
    }
    return all;
}

// Of the connected clients, or otherwise of those that are kept out already. Empty if there is no room for them.
std::optional<std::size_t> ServerClients::keep_out(const session::ClientQuery& client, const SessionsByClient& clients,
                                                   std::chrono::milliseconds time) {
    const TimePoint now = Clock::now();
    std::vector<session::KickList::Client> all;
    if (clients.empty()) {
        all = needs_.kicked->change(client, now + time, now);
    } else if (all = described(clients); !needs_.kicked->keep_out(all, now + time, now)) {
        return std::nullopt;
    }
    if (needs_.publish) {
        needs_.publish(all, time);
    }
    return all.size();
}

Answer ServerClients::no_client(const std::string& client) {
    return admin::refusal(404, "not_found", "No connected client has the name or the id " + in_quotes(client) + '.');
}

Answer ServerClients::named(const std::string& name) const {
    Json clients = Json::array();
    for (const auto& [id, trunks] : needs_.sessions.called({name, session::ClientNaming::name})) {
        const session::SessionView view = trunks.front()->view();
        clients.push_back(Json{{"id", needs_.sessions.number_of(id)},
                               {"name", view.name},
                               {"client", digest_of(id)},
                               {"token", view.token_name}});
    }
    return {200, Json{{"clients", std::move(clients)}}};
}

// On the control API's thread, which waits: a client that does not answer blocks it for limits::manage_timeout.
Answer ServerClients::forward_request(const std::string& client, const Json& request) {
    const auto found = needs_.sessions.called({client});
    if (found.empty()) {
        return no_client(client);
    }
    if (found.size() > 1) {
        return admin::refusal(409, "ambiguous",
                              std::to_string(found.size()) + " clients are called " + in_quotes(client) +
                                  ". Give the id of one, which `ferrotunnel status` shows.");
    }
    std::string text = request.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > wire::manage_text_max) {
        return admin::refusal(413, "too_large",
                              "A request to a client has at most " + std::to_string(wire::manage_text_max) + " bytes.");
    }
    // A session replaced by a fresh one would be answered there.
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
    if (!is_posted || answer.wait_for(limits::manage_timeout) != std::future_status::ready) {
        return admin::refusal(504, "no_answer", "The client did not answer within 5 s.");
    }
    return answer.get();
}

}  // namespace ferrotunnel::detail
