// The HTTP services of a client: which hosts they ask for, claiming them, and the streams that the edge opens to them.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "session/server_session.hpp"
#include "session/server_session_plugins.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

// An HttpCarrier::Opened that is always answered, whatever happens to the mail that carries it.
class OpenAnswer {
public:
    explicit OpenAnswer(directory::HttpCarrier::Opened opened) : opened_(std::move(opened)) {}
    OpenAnswer(OpenAnswer&& other) noexcept : opened_(std::exchange(other.opened_, nullptr)) {}
    OpenAnswer& operator=(OpenAnswer&&) = delete;
    ~OpenAnswer() { give(Code::going_away); }

    void give(Result<directory::HttpStream, Code> result) {
        if (auto opened = std::exchange(opened_, nullptr)) {
            opened(std::move(result));
        }
    }

private:
    directory::HttpCarrier::Opened opened_;
};

directory::Refusal no_http() {
    return {Code::unsupported,
            "This server takes no HTTP visitors. They come when it is started with --http-bind 0.0.0.0:8080 or "
            "--https-bind."};
}

directory::Refusal no_domain() {
    return {Code::unsupported,
            "An HTTP service needs a host here, like app.example.com: this server assigns none, since it was started "
            "without --domain."};
}

directory::Refusal none_to_assign() {
    return {Code::forbidden,
            "The server can assign no host to this token: those below its domain are kept for others, or the token has "
            "a right to other hosts alone. Ask for a host by name, or have the server allow it."};
}

// The path that a URL shows. An expression, which is no path, is shown beside the URL.
std::string shown_path(const http::PathRule& rule) {
    switch (rule.kind) {
        case http::PathRule::Kind::prefix:
        case http::PathRule::Kind::equals:
            return rule.path;
        case http::PathRule::Kind::regex:
            return " " + rule.text();
    }
    return {};
}

}  // namespace

// Reads what the client wants, in normal form.
std::optional<directory::Refusal> ServerSession::read_http(const wire::Service& service,
                                                           directory::HttpDescription& wanted) const {
    if (!shared_->http_public && !shared_->https_public) {
        return no_http();
    }
    wanted.name = printable(service.name, 64);
    wanted.token_name = token_name_;
    if (auto problem = directory::read_http_part(service.http, wanted)) {
        return directory::Refusal{Code::protocol, std::move(*problem)};
    }
    if (auto problem = directory::beyond_bounds(wanted.limits, shared_->http_bounds.get())) {
        return directory::Refusal{Code::limit, std::move(*problem)};
    }
    if (auto& to_https = wanted.rules.https_redirect; to_https && to_https->public_port == 0 && shared_->https_public) {
        to_https->public_port = shared_->https_public->port;
    }
    return refuse_rules(service.http.rules);
}

// Refuses rules that this version cannot apply, and rules beyond what one client may have.
std::optional<directory::Refusal> ServerSession::refuse_rules(const wire::HttpRulesPart& rules) const {
    if (!rules.unknown.empty()) {
        return directory::Refusal{Code::unsupported, "This server does not know the rule `" +
                                                         printable(rules.unknown, 64) +
                                                         "`, and the service is not to be served without it."};
    }
    std::size_t bytes = rules.bytes();
    if (bytes == 0) {
        return std::nullopt;
    }
    bytes += asked_bytes();
    if (bytes > limits::http_rules_bytes_per_session_max) {
        return directory::Refusal{Code::limit, "The rules of this client's services take more than " +
                                                   std::to_string(limits::http_rules_bytes_per_session_max) +
                                                   " bytes in all."};
    }
    return std::nullopt;
}

std::optional<directory::Refusal> ServerSession::too_many_names(const directory::HttpDescription& wanted) const {
    const std::size_t path = wanted.claimed_path().size();
    std::size_t bytes = 0;
    for (const std::string& host : wanted.hosts) {
        bytes += host.size() + path;
    }
    for (const auto& [id, service] : services_) {
        for (const directory::ClaimName& name : service.names) {
            bytes += name.host.size() + name.path.size();
        }
    }
    if (bytes <= limits::http_names_bytes_per_session_max) {
        return std::nullopt;
    }
    return directory::Refusal{Code::limit, "The hosts of this client's services, each with its path, take more than " +
                                               std::to_string(limits::http_names_bytes_per_session_max) +
                                               " bytes in all."};
}

void ServerSession::register_http(std::uint32_t request, const wire::Service& description) {
    directory::HttpDescription wanted;
    auto refusal = read_http(description, wanted);
    const bool assign = wanted.hosts.empty();
    if (!refusal && assign) {
        if (shared_->domain.empty()) {
            refusal = no_domain();
        } else {
            const bool is_shared = !description.group.name.empty();
            const directory::ClientId owner =
                is_shared ? directory::group_id(client_.first, description.kind, description.group.name) : client_;
            wanted.hosts.push_back(shared_->http->assigned_host(owner, is_shared ? 0 : description.id, wanted.name,
                                                                shared_->domain, *shared_->random, worker_.now()));
            refusal = wanted.hosts.front().empty() ? std::optional(none_to_assign()) : std::nullopt;
        }
    }
    if (refusal) {
        tell_refusal(description, *refusal);
        return;
    }
    begin_claiming(request, description, std::move(wanted), assign);
}

void ServerSession::begin_claiming(std::uint32_t request, const wire::Service& description,
                                   directory::HttpDescription wanted, bool assign) {
    if (auto refusal = too_many_names(wanted)) {
        tell_refusal(description, *refusal);
        return;
    }
    if (plugins_) {
        wanted.notes = plugins_->notes_of(description.id);
        wanted.asked = hooks::AskedReference(plugins_->asked_of(description.id));
    }
    Service& service = services_[description.id];
    keep_description(service, description);
    service.assigned = assign;
    claim_hosts(request, description.id, std::move(wanted));
}

// Claims the hosts, for which a ghost of the same client may have to be driven out first.
void ServerSession::claim_hosts(std::uint32_t request, std::uint32_t id, directory::HttpDescription wanted) {
    Service& service = services_.at(id);
    service.names.clear();
    for (const std::string& host : wanted.hosts) {
        service.names.emplace_back(host, wanted.claimed_path());
    }
    auto unproved = service.assigned ? refuse_unproved(service) : std::nullopt;
    if (unproved) {
        refuse_service(id, *unproved);
        return;
    }
    if (auto refusal = shared_->http->check_owner(client_.first, wanted.hosts, worker_.now())) {
        refuse_service(id, *refusal);
        return;
    }
    auto self = shared_from_this();
    auto done = [self, request, id, registration = service.registration, names = service.names,
                 wanted = std::move(wanted)](std::optional<directory::Refusal> refusal) {
        self->mailbox_->post_call([self, request, id, registration, names, wanted, refusal] {
            self->guarded([&] { self->on_hosts_claimed(request, id, registration, names, wanted, refusal); });
        });
    };
    directory::claim_with_takeover(shared_->registry, key_, id, service.names, group_of(service), worker_.now(),
                                   std::move(done));
}

void ServerSession::on_hosts_claimed(std::uint32_t request, std::uint32_t id, std::uint64_t registration,
                                     const std::vector<directory::ClaimName>& names, directory::HttpDescription wanted,
                                     std::optional<directory::Refusal> refusal) {
    auto found = services_.find(id);
    if (ended_ || found == services_.end() || found->second.registration != registration) {
        release_unwanted(names);  // unregistered meanwhile, and perhaps registered again: that one claims for itself
        return;
    }
    if (auto over = shared_->registry->refuse_ended(key_, id)) {
        refuse_service(id, *over);
        release_unwanted(names);
        return;
    }
    Service& service = found->second;
    if (refusal && service.assigned && !std::exchange(service.assigned_anew, true)) {
        // Another client, which is alive, has the host that a service of this name had before: any other host will do.
        wanted.hosts = {shared_->http->fresh_host(client_.first, shared_->domain, *shared_->random)};
        if (wanted.hosts.front().empty()) {
            refuse_service(id, none_to_assign());
        } else {
            claim_hosts(request, id, std::move(wanted));
        }
        return;
    }
    if (!refusal) {
        refusal = count_service(id);
    }
    if (!refusal && waits_for_place(service)) {
        await_place(request, id, {{}, std::move(wanted)});
        return;
    }
    if (!refusal) {
        refusal = open_hosts(id, wanted);
    }
    if (refusal) {
        refuse_service(id, *refusal);
        release_unwanted(names);
        return;
    }
    confirm(request, id);
}

// Makes this trunk carry the hosts, which are claimed; returns why that failed, or nothing.
std::optional<directory::Refusal> ServerSession::open_hosts(std::uint32_t id,
                                                            const directory::HttpDescription& wanted) {
    Service& service = services_.at(id);
    directory::Refusal why;
    directory::HttpDirectory::Joined joined =
        shared_->http->join(client_, id, wanted, shared_from_this(), worker_.now(), why, refuses_ended(id),
                            service.membership, service.health);
    if (!joined.service) {
        return why;
    }
    service.http = std::move(joined.service);
    service.opened = joined.first;
    service.traffic = std::make_shared<trunk::Traffic>();
    if (wanted.passthrough) {
        service.traffic->total = traffic_;  // its visitors are on this trunk, like those of a port
    }
    if (service.assigned) {
        shared_->http->remember_assigned(*service.http);
    }
    return std::nullopt;
}

// Releases claims that no service of this session needs.
void ServerSession::release_unwanted(const std::vector<directory::ClaimName>& names) {
    for (const directory::ClaimName& name : names) {
        const bool wanted = std::any_of(services_.begin(), services_.end(), [&name](const auto& entry) {
            const auto& its = entry.second.names;
            return std::find(its.begin(), its.end(), name) != its.end();
        });
        if (!wanted) {
            shared_->registry->release(key_, name);
        }
    }
}

// The service's first host; the others, and the exact rule of its path, are in the log and in the configuration.
const std::string& ServerSession::shown_host_of(const directory::HttpDescription& service) const {
    const std::string& first = service.hosts.front();
    return first == "*" ? shared_->public_host : first;
}

// The HTTPS place if TLS passes untouched, or if there is a certificate for its host; else the HTTP place.
const HttpPublic& ServerSession::public_place_of(const directory::HttpDescription& service) const {
    const auto& plain = shared_->http_public;
    const auto& tls = shared_->https_public;
    const bool by_tls = tls && (service.passthrough || !plain ||
                                (shared_->has_certificate && shared_->has_certificate(shown_host_of(service))));
    return by_tls ? *tls : *plain;
}

std::string ServerSession::url_of(const directory::HttpDescription& service) const {
    const std::string& host = shown_host_of(service);
    const HttpPublic& at = public_place_of(service);
    if (service.passthrough) {
        return printable("tls://" + host + ':' + std::to_string(at.port), limits::public_address_max);
    }
    const bool usual = at.port == (at.scheme == "https" ? 443 : 80);
    const bool bare_six = host.find(':') != std::string::npos && host.front() != '[';
    std::string url = at.scheme + "://" + (bare_six ? '[' + host + ']' : host);
    if (!usual) {
        url += ':' + std::to_string(at.port);
    }
    url += shown_path(service.path);
    return printable(url, limits::public_address_max);
}

// --- streams of the edge ---

void ServerSession::open(std::uint32_t service, const net::Address& visitor, IntrusivePtr<buffer::Waker> waker,
                         bool foreign, Opened opened) {
    OpenAnswer answer(std::move(opened));
    // Counted from here on: a stream on its way to this trunk counts as load.
    auto counted = count_dialled();
    auto action = [self = shared_from_this(), service, visitor, waker = std::move(waker), foreign,
                   counted = std::move(counted), answer = std::move(answer)]() mutable {
        self->guarded([&] {
            auto stream = self->open_http(service, visitor, std::move(waker), foreign, std::move(counted));
            answer.give(std::move(stream));
        });
    };
    if (worker_.here()) {
        action();
    } else {
        mailbox_->post_call(std::move(action));
    }
}

Result<directory::HttpStream, Code> ServerSession::open_http(std::uint32_t id, const net::Address& visitor,
                                                             IntrusivePtr<buffer::Waker> waker, bool foreign,
                                                             std::shared_ptr<void> counted) {
    auto found = services_.find(id);
    if (ended_ || found == services_.end() || !found->second.http) {
        return Code::unknown_service;
    }
    std::shared_ptr<void> of_token;
    if (!count_visitor(of_token, visitor)) {
        return Code::busy;
    }
    mux::Session::OpenRequest request;
    request.service = id;
    request.kind = wire::ServiceKind::http;
    request.visitor = visitor;
    request.meter = found->second.meter;
    auto stream = trunk_->session().open(request, std::move(waker), foreign, worker_.now());
    trunk_->session_changed();
    if (!stream) {
        // Whatever else keeps this trunk from opening (its ids have run out, or it has just failed), another trunk may
        // carry the stream.
        return stream.error() == Code::busy ? Code::busy : Code::going_away;
    }
    const std::shared_ptr<trunk::Traffic>& traffic = found->second.traffic;
    traffic->opened();
    // One object whose end ends all counts.
    auto all = [traffic, counted = std::move(counted), of_token = std::move(of_token)](void*) mutable {
        traffic->stopped_sending();
        traffic->closed();
        counted.reset();
        of_token.reset();
    };
    return directory::HttpStream{std::move(*stream), std::shared_ptr<void>(nullptr, std::move(all)), shape_of(id)};
}

void ServerSession::dropped(const std::shared_ptr<directory::HttpService>& service) noexcept {
    attempt([&] {
        mailbox_->post_call([self = shared_from_this(), service] {
            self->guarded([&] { self->on_dropped([&service](const Service& one) { return one.http == service; }); });
        });
    });
}

}  // namespace ferrotunnel::session
