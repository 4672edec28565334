// Control: the client side of the control socket.
#include "ferrotunnel/control.hpp"

#include <cstdint>
#include <optional>
#include <utility>

#include "admin/answer.hpp"
#include "admin/control_client.hpp"
#include "admin/handover.hpp"
#include "admin/requests.hpp"
#include "admin/search.hpp"
#include "base/percent.hpp"
#include "base/secret_member.hpp"
#include "base/text.hpp"
#include "base/wipe.hpp"

namespace ferrotunnel {

using admin::Json;

namespace {

constexpr std::size_t message_bytes_max = 4'096;

control_error::Why why_of(admin::NoReply::Why why) noexcept {
    switch (why) {
        case admin::NoReply::Why::nobody:
            return control_error::Why::nobody;
        case admin::NoReply::Why::untrusted:
            return control_error::Why::untrusted;
        case admin::NoReply::Why::broken:
            break;
    }
    return control_error::Why::broken;
}

control_error refused(const admin::Reply& reply) {
    const Json body = Json::parse(reply.body, nullptr, false);
    const Json error = body.is_object() ? body.value("error", Json::object()) : Json::object();
    const bool is_error = error.is_object();
    const std::string code = is_error ? error.value("code", std::string()) : std::string();
    std::string text = is_error ? error.value("message", std::string()) : std::string();
    if (text.empty()) {
        text = "The program responded with status " + std::to_string(reply.status) + '.';
    }
    if (body.is_object() && body.contains("problems") && body["problems"].is_array()) {
        for (const Json& problem : body["problems"]) {
            text += problem.is_string() ? ' ' + problem.get<std::string>() : std::string();
        }
    }
    return {control_error::Why::refused, printable(text, message_bytes_max), reply.status, code};
}

// A request that is declared in admin/requests.hpp.
template <typename Request>
std::string ask_program(const Control& control, const Request& request) {
    std::string path(Request::path);
    if constexpr (requires { request.to_query(); }) {
        path += request.to_query();
    }
    std::string body;
    if constexpr (requires { request.to_json(); }) {
        body = admin::text_of(request.to_json());
    }
    return control.ask(Request::method, path, body);
}

}  // namespace

control_error::control_error(Why why, const std::string& text, unsigned status, std::string code)
    : std::runtime_error(text), why_(why), status_(status), code_(std::move(code)) {}

control_error::~control_error() = default;

std::vector<ControlProgram> Control::programs(std::vector<std::string>* problems) {
    admin::Search search = admin::find_sockets();
    std::vector<ControlProgram> programs;
    for (admin::FoundSocket& found : search.sockets) {
        programs.push_back({std::move(found.path), std::move(found.side)});
    }
    if (problems != nullptr) {
        problems->insert(problems->end(), search.problems.begin(), search.problems.end());
    }
    return programs;
}

Control::Control(std::string path, std::chrono::milliseconds timeout) : path_(std::move(path)), timeout_(timeout) {}

std::string Control::status() const {
    return ask_program(*this, admin::StatusRequest{});
}

std::string Control::tunnels() const {
    return ask_program(*this, admin::TunnelsRequest{});
}

std::string Control::tokens() const {
    return ask_program(*this, admin::TokensRequest{});
}

std::string Control::route(std::string_view url, std::string_view visitor, std::string_view cookie) const {
    return ask_program(*this, admin::RouteRequest{std::string(url), std::string(visitor), std::string(cookie)});
}

std::string Control::reload() const {
    return ask_program(*this, admin::ReloadRequest{});
}

std::string Control::try_reload(double seconds) const {
    return ask_program(*this, admin::ReloadRequest{seconds});
}

std::string Control::confirm_reload() const {
    return ask_program(*this, admin::ReloadRequest{std::nullopt, true});
}

std::string Control::config_diff() const {
    return ask_program(*this, admin::ConfigDiffRequest{});
}

std::string Control::drain(double seconds) const {
    return ask_program(*this, admin::DrainRequest{seconds < 0 ? std::nullopt : std::optional(seconds)});
}

std::string Control::kick(const std::string& client) const {
    return ask_program(*this, admin::KickRequest{client});
}

std::string Control::kick(const std::string& client, double seconds) const {
    return ask_program(*this, admin::KickRequest{client, seconds});
}

std::string Control::acme() const {
    return ask_program(*this, admin::AcmeRequest{});
}

std::string Control::acme(const std::string& name) const {
    return ask_program(*this, admin::AcmeRequest{name});
}

std::string Control::acme_renew(const std::string& name) const {
    return ask_program(*this, admin::AcmeRenewRequest{name});
}

std::string Control::acme_records(bool check) const {
    return ask_program(*this, admin::AcmeRecordsRequest{check, {}});
}

std::string Control::acme_records(bool check, const std::string& host) const {
    return ask_program(*this, admin::AcmeRecordsRequest{check, host});
}

std::string Control::acme_change_keys() const {
    return ask_program(*this, admin::AcmeKeysRequest{});
}

std::string Control::cluster() const {
    return ask_program(*this, admin::ClusterRequest{});
}

std::string Control::cluster_names(std::uint64_t from) const {
    return ask_program(*this, admin::ClusterNamesRequest{from});
}

std::string Control::cluster_forget(const std::string& member) const {
    return ask_program(*this, admin::ClusterForgetRequest{member});
}

std::string Control::cluster_values(const std::string& after) const {
    return ask_program(*this, admin::ClusterValuesRequest{after});
}

std::string Control::cluster_restore(std::string_view values) const {
    return ask(admin::ClusterRestoreRequest::method, admin::ClusterRestoreRequest::path, values);
}

std::string Control::token_add(const std::string& name, std::string_view rights, std::string_view secret) const {
    return ask_program(*this, admin::TokenAddRequest{name, std::string(secret), Json::parse(rights, nullptr, false)});
}

std::string Control::token_rights(const std::string& name, std::string_view rights) const {
    return ask_program(*this, admin::TokenRightsRequest{name, Json::parse(rights, nullptr, false)});
}

std::string Control::token_remove(const std::string& name) const {
    return ask_program(*this, admin::TokenRemoveRequest{name});
}

std::string Control::own_authority() const {
    return ask_program(*this, admin::OwnAuthorityRequest{});
}

std::vector<PassedSocket> Control::take_sockets() const {
    std::vector<PassedSocket> all;
    std::vector<runtime::Fd> owned;  // until all have arrived
    std::vector<std::string> names;
    for (std::size_t first = 0;;) {
        const std::string path = std::string(admin::sockets_path) + "?from=" + std::to_string(first);
        Result<admin::Reply, admin::NoReply> reply = admin::ask(path_, {"GET", path}, timeout_);
        if (!reply) {
            throw control_error(why_of(reply.error().why), reply.error().text);
        }
        if (reply->status != 200) {
            throw refused(*reply);
        }
        const Json body = Json::parse(reply->body, nullptr, false);
        const Json list = body.is_object() ? body.value("sockets", Json()) : Json();
        if (!list.is_array() || list.size() != reply->sockets.size() ||
            body.value("version", Json()) != Json(admin::handover_version)) {
            throw control_error(control_error::Why::refused,
                                "The running program uses another hand-over version. Restart it instead.",
                                reply->status, "version");
        }
        for (std::size_t i = 0; i < list.size(); ++i) {
            owned.push_back(std::move(reply->sockets[i]));
            const Json name = list[i].is_object() ? list[i].value("name", Json()) : Json();
            names.push_back(name.is_string() ? name.get<std::string>() : std::string());
        }
        const Json next = body.value("next", Json());
        if (!next.is_number_unsigned() || next.get<std::size_t>() <= first) {
            break;
        }
        first = next.get<std::size_t>();
    }
    all.reserve(owned.size());
    for (std::size_t i = 0; i < owned.size(); ++i) {
        all.push_back({owned[i].release(), std::move(names[i])});
    }
    return all;
}

std::string Control::take_ticket_keys() const {
    Result<admin::Reply, admin::NoReply> reply = admin::ask(path_, {"GET", admin::ticket_keys_path}, timeout_);
    if (!reply) {
        throw control_error(why_of(reply.error().why), reply.error().text);
    }
    const WipeAtEnd wiped(reply->body);
    auto taken = take_secret_member(reply->status == 200 ? reply->body : std::string_view(), admin::ticket_keys_member);
    return taken ? std::move(taken->secret) : std::string();
}

std::string Control::hand_over() const {
    return ask("POST", admin::handover_path, admin::text_of(Json{{"version", admin::handover_version}}));
}

Control Control::of_client(std::string_view client) const {
    Control control = *this;
    control.services_ = "/v1/clients/" + percent_encoded(client) + "/services";
    return control;
}

Control Control::of_member(std::string_view member) const {
    Control control = *this;
    control.prefix_ = "/v1/cluster/members/" + percent_encoded(member);
    return control;
}

std::string Control::remove_service(std::string_view name, bool keep) const {
    return ask("DELETE", services_ + '/' + percent_encoded(name), keep ? R"({"keep":true})" : "");
}

std::string Control::set_enabled(std::string_view service, bool enabled) const {
    return ask("POST", services_ + '/' + percent_encoded(service),
               enabled ? R"({"enabled":true})" : R"({"enabled":false})");
}

std::string Control::ask(std::string_view method, std::string_view path, std::string_view body) const {
    constexpr std::string_view version_1 = "/v1";
    const bool is_forwarded = !prefix_.empty() && path.starts_with(version_1);
    const std::string asked = is_forwarded ? prefix_ + std::string(path.substr(version_1.size())) : std::string(path);
    const Result<admin::Reply, admin::NoReply> reply = admin::ask(path_, {method, asked, body}, timeout_);
    if (!reply) {
        throw control_error(why_of(reply.error().why), reply.error().text);
    }
    if (reply->status < 200 || reply->status > 299) {
        throw refused(*reply);
    }
    return reply->body;
}

}  // namespace ferrotunnel
