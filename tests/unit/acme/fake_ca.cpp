#include "fake_ca.hpp"

#include <openssl/x509.h>

#include <algorithm>
#include <charconv>

namespace ferrotunnel::acme {

namespace {

const std::string ca_base = "https://ca.example.com/";

std::string text_until_digit(std::string_view path) {
    return std::string(path.substr(0, path.find_first_of("0123456789")));
}

std::size_t number_in(std::string_view path) {
    std::size_t number = 0;
    const std::size_t at = std::min(path.find_first_of("0123456789"), path.size());
    std::from_chars(path.data() + at, path.data() + path.size(), number);
    return number;
}

std::string thumbprint_of(const std::string& jwk) {
    std::array<unsigned char, 32> digest{};
    EVP_Digest(jwk.data(), jwk.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return encode_base64url(Bytes(digest));
}

}  // namespace

HttpReply FakeCa::answer(const HttpCall& call) {
    const std::string_view path =
        call.url.starts_with(ca_base) ? std::string_view(call.url).substr(ca_base.size()) : std::string_view();
    ++calls[text_until_digit(path)];
    last_accept = call.accept;
    HttpReply reply;
    if (std::optional<HttpReply> other = before ? before(call, path) : std::nullopt) {
        reply = std::move(*other);
    } else {
        reply = dispatch(call, path);
        const bool has_nonce = path != "directory" && (reply.status < 400 || !settings.gives_no_nonce);
        reply.nonce = has_nonce ? next_nonce() : "";
    }
    if (after) {
        after(reply, path);
    }
    return reply;
}

HttpReply FakeCa::dispatch(const HttpCall& call, std::string_view path) {
    if (path == "directory" && call.method == HttpCall::Method::get) {
        return directory();
    }
    if (path == "new-nonce" && call.method == HttpCall::Method::head) {
        return {.status = 200};
    }
    if (call.method != HttpCall::Method::post) {
        faults.push_back("method at " + std::string(path));
        return problem(405, "malformed");
    }
    return signed_request(call, path);
}

HttpReply FakeCa::directory() const {
    nlohmann::json profiles = nlohmann::json::object();
    for (const std::string& name : settings.profiles) {
        profiles[name] = "a profile";
    }
    nlohmann::json all{{"newNonce", ca_base + "new-nonce"},
                       {"newAccount", ca_base + "new-account"},
                       {"newOrder", ca_base + "new-order"},
                       {"keyChange", ca_base + "key-change"},
                       {"meta",
                        {{"termsOfService", ca_base + "terms"},
                         {"externalAccountRequired", settings.needs_external_account},
                         {"profiles", profiles}}}};
    if (settings.has_renewal_info) {
        all["renewalInfo"] = ca_base + "renewal-info";
    }
    return json(200, all);
}

HttpReply FakeCa::signed_request(const HttpCall& call, std::string_view path) {
    const std::optional<ReceivedRequest> request = ReceivedRequest::read(call.body);
    if (!request || request->header.value("alg", "") != "ES256" || request->header.value("url", "") != call.url) {
        faults.push_back("malformed JWS at " + std::string(path));
        return problem(400, "malformed");
    }
    const std::string nonce = request->header.value("nonce", "");
    const bool is_known = nonces_.erase(nonce) == 1;
    if (!is_known || settings.bad_nonces > 0) {
        settings.bad_nonces -= is_known ? 1 : 0;
        return problem(400, "badNonce");
    }
    const bool is_by_key = request->header.contains("jwk");
    if (is_by_key == request->header.contains("kid") || is_by_key != (path == "new-account")) {
        faults.push_back("neither or both of jwk and kid at " + std::string(path));
        return problem(400, "malformed");
    }
    const std::string account = request->header.value("kid", "");
    const auto known = accounts_.find(account);
    if (!is_by_key && known == accounts_.end()) {
        return problem(400, "accountDoesNotExist");
    }
    const KeyPtr key =
        key_of_jwk(is_by_key ? request->header.at("jwk") : nlohmann::json::parse(known->second, nullptr, false));
    if (!is_signed(key.get(), request->signed_text, request->signature)) {
        return problem(400, "malformed", "the signature is wrong");
    }
    return serve(*request, account, path);
}

HttpReply FakeCa::serve(const ReceivedRequest& request, const std::string& account, std::string_view path) {
    const std::string what = text_until_digit(path);
    const std::size_t number = number_in(path);
    if (what == "new-account") {
        return new_account(request);
    }
    if (what == "new-order") {
        return new_order(request, account);
    }
    if (what == "key-change") {
        return change_key(request, account);
    }
    if (what == "account/") {
        return json(200, {{"status", "valid"}});
    }
    if (what == "authorization/" && number < authorizations_.size()) {
        return show_authorization(number);
    }
    if (what == "challenge/" && number < authorizations_.size()) {
        return start(number, path.substr(path.rfind('/') + 1));
    }
    const auto order = orders_.find(number);
    if (order == orders_.end() || order->second.account != account) {
        return problem(404, "malformed", "no such order");
    }
    if (what == "finalize/") {
        return finalize(order->second, number, request);
    }
    if (!request.payload.empty()) {
        faults.push_back("not POST-as-GET at " + std::string(path));
    }
    if (what == "certificate/") {
        HttpReply reply{.status = 200};
        reply.body = order->second.chain;
        reply.content_type = "application/pem-certificate-chain";
        return reply;
    }
    return show_order(number, true);
}

HttpReply FakeCa::new_account(const ReceivedRequest& request) {
    const nlohmann::json payload = nlohmann::json::parse(request.payload, nullptr, false);
    new_accounts.push_back(payload);
    if (settings.needs_external_account && !payload.contains("externalAccountBinding")) {
        return problem(403, "externalAccountRequired");
    }
    if (!payload.value("termsOfServiceAgreed", false)) {
        faults.push_back("terms not agreed");
    }
    const nlohmann::json& jwk = request.header.at("jwk");
    const std::string text =
        R"({"crv":"P-256","kty":"EC","x":")" + jwk.value("x", "") + R"(","y":")" + jwk.value("y", "") + R"("})";
    auto known =
        std::find_if(accounts_.begin(), accounts_.end(), [&](const auto& entry) { return entry.second == text; });
    const bool is_new = known == accounts_.end();
    if (is_new) {
        known = accounts_.emplace(ca_base + "account/" + std::to_string(++accounts_made_), text).first;
    }
    HttpReply reply = json(is_new ? 201 : 200, {{"status", "valid"}});
    reply.location = known->first;
    return reply;
}

HttpReply FakeCa::new_order(const ReceivedRequest& request, const std::string& account) {
    const nlohmann::json payload = nlohmann::json::parse(request.payload, nullptr, false);
    new_orders.push_back(payload);
    if (payload.contains("replaces") && settings.refuses_replaces) {
        return problem(409, "alreadyReplaced");
    }
    if (payload.contains("profile") && !settings.profiles.contains(payload.value("profile", ""))) {
        return problem(400, "invalidProfile");
    }
    Order order;
    order.account = account;
    order.identifiers = payload.at("identifiers");
    for (nlohmann::json identifier : order.identifiers) {
        Authorization authorization;
        const std::string value = settings.asks_for_other_name ? "other.example.org" : identifier.value("value", "");
        authorization.is_wildcard = value.starts_with("*.");
        identifier["value"] = authorization.is_wildcard ? value.substr(2) : value;
        authorization.identifier = identifier;
        authorization.account = account;
        authorization.token = "token-" + std::to_string(authorizations_.size());
        order.authorizations.push_back(authorizations_.size());
        authorizations_.push_back(authorization);
    }
    const std::size_t number = orders_made_++;
    orders_.emplace(number, order);
    HttpReply reply = show_order(number, false);
    reply.status = 201;
    reply.location = ca_base + "order/" + std::to_string(number);
    return reply;
}

HttpReply FakeCa::show_order(std::size_t number, bool is_poll) {
    Order& order = orders_.at(number);
    if (is_poll) {
        advance(order);
    }
    const std::string suffix = std::to_string(number);
    nlohmann::json body{{"status", order.status},
                        {"identifiers", order.identifiers},
                        {"expires", "2030-01-01T00:00:00Z"},
                        {"finalize", ca_base + "finalize/" + suffix}};
    for (const std::size_t at : order.authorizations) {
        body["authorizations"].push_back(ca_base + "authorization/" + std::to_string(at));
    }
    if (order.status == "valid") {
        body["certificate"] = ca_base + "certificate/" + suffix;
    }
    return json(200, body);
}

void FakeCa::advance(Order& order) {
    const auto has = [&](std::string_view status) {
        return [this, status](std::size_t at) { return authorizations_[at].status == status; };
    };
    const auto& all = order.authorizations;
    if (order.status == "pending" && std::any_of(all.begin(), all.end(), has("invalid"))) {
        order.status = "invalid";
    } else if (order.status == "pending" && std::all_of(all.begin(), all.end(), has("valid"))) {
        order.status = "ready";
    } else if (order.status == "processing" && ++order.polls >= settings.polls) {
        order.status = "valid";
    }
}

nlohmann::json FakeCa::challenge_json(const Authorization& authorization, std::size_t number, Way way) const {
    nlohmann::json challenge{{"type", name_of(way)},
                             {"url", ca_base + "challenge/" + std::to_string(number) + "/" + std::string(name_of(way))},
                             {"status", authorization.started != way        ? "pending"
                                        : authorization.status == "pending" ? "processing"
                                                                            : authorization.status}};
    if (way == Way::dns_persist_01) {
        challenge["issuer-domain-names"] = {"ca.example.com", "ca.example.net"};
    } else {
        challenge["token"] = authorization.token;
    }
    if (authorization.started == way && !authorization.error.is_null()) {
        challenge["error"] = authorization.error;
    }
    return challenge;
}

HttpReply FakeCa::show_authorization(std::size_t number) {
    Authorization& authorization = authorizations_[number];
    if (authorization.started && authorization.status == "pending" && ++authorization.polls >= settings.polls) {
        validate(authorization);
    }
    nlohmann::json body{{"status", authorization.status},
                        {"identifier", authorization.identifier},
                        {"challenges", nlohmann::json::array({{{"type", "unknown-01"}, {"url", ca_base}}})}};
    if (authorization.is_wildcard) {
        body["wildcard"] = true;
    }
    for (const Way way : settings.offered) {
        body["challenges"].push_back(challenge_json(authorization, number, way));
    }
    return json(200, body);
}

HttpReply FakeCa::start(std::size_t number, std::string_view type) {
    Authorization& authorization = authorizations_[number];
    const std::optional<Way> way = read_way(type);
    if (!way || authorization.status != "pending" || authorization.started) {
        return problem(400, "malformed", "the challenge is not pending");
    }
    authorization.started = way;
    return json(200, challenge_json(authorization, number, *way));
}

void FakeCa::validate(Authorization& authorization) {
    ++validations_;
    const bool fails = settings.cannot_validate.contains(*authorization.started);
    if (!fails && !is_proved(authorization)) {
        faults.push_back("validation of what was not published");
    }
    authorization.status = fails || !is_proved(authorization) ? "invalid" : "valid";
    if (authorization.status == "invalid") {
        authorization.error = {{"type", "urn:ietf:params:acme:error:connection"}, {"detail", "connection refused"}};
    }
}

bool FakeCa::is_proved(const Authorization& authorization) const {
    const std::string value = authorization.identifier.value("value", "");
    const std::string jwk = accounts_.contains(authorization.account) ? accounts_.at(authorization.account) : "";
    return std::any_of(published.begin(), published.end(), [&](const Challenge& challenge) {
        if (challenge.way != *authorization.started || challenge.identifier.value != value) {
            return false;
        }
        if (challenge.way == Way::dns_persist_01) {
            return challenge.record_name == "_validation-persist." + value && challenge.token.empty() &&
                   challenge.record_value == "ca.example.com; accounturi=" + authorization.account +
                                                 (challenge.is_wildcard ? "; policy=wildcard" : "");
        }
        return challenge.key_authorization == authorization.token + "." + thumbprint_of(jwk);
    });
}

HttpReply FakeCa::finalize(Order& order, std::size_t number, const ReceivedRequest& request) {
    advance(order);
    if (order.status != "ready") {
        return problem(403, "orderNotReady");
    }
    const auto der = base64url_text(nlohmann::json::parse(request.payload, nullptr, false).value("csr", ""));
    const auto* at = reinterpret_cast<const unsigned char*>(der ? der->data() : nullptr);
    const std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>> csr(
        der ? d2i_X509_REQ(nullptr, &at, static_cast<long>(der->size())) : nullptr);
    EVP_PKEY* const key = csr ? X509_REQ_get0_pubkey(csr.get()) : nullptr;
    if (key == nullptr || X509_REQ_verify(csr.get(), key) != 1) {
        faults.push_back("certificate request");
        return problem(400, "badCSR");
    }
    order.chain = issue(order, key);
    order.status = "processing";
    return show_order(number, false);
}

std::string FakeCa::issue(const Order& order, EVP_PKEY* key) const {
    std::string names = settings.has_wrong_name ? "DNS:wrong.example.org" : "";
    for (const nlohmann::json& identifier : order.identifiers) {
        const std::string start = identifier.value("type", "") == "ip" ? "IP:" : "DNS:";
        names += settings.has_wrong_name ? "" : (names.empty() ? "" : ",") + start + identifier.value("value", "");
    }
    const Key other = Key::make();
    const TestCertificate made = make_certificate(maker_.leaf(names), settings.has_wrong_key ? other.native() : key,
                                                  maker_.issuer(), maker_.issuer_key().native());
    return pem_of_made(made.get()) + (settings.has_no_issuer ? "" : maker_.issuer_pem());
}

HttpReply FakeCa::change_key(const ReceivedRequest& request, const std::string& account) {
    const std::optional<ReceivedRequest> inner = ReceivedRequest::read(request.payload);
    if (!inner || inner->header.value("url", "") != ca_base + "key-change" || !inner->header.contains("jwk")) {
        return problem(400, "malformed");
    }
    const nlohmann::json payload = nlohmann::json::parse(inner->payload, nullptr, false);
    const nlohmann::json old_key = nlohmann::json::parse(accounts_.at(account), nullptr, false);
    if (!is_signed(key_of_jwk(inner->header.at("jwk")).get(), inner->signed_text, inner->signature) ||
        payload.value("account", "") != account || payload.at("oldKey") != old_key) {
        return problem(400, "malformed");
    }
    accounts_[account] = inner->header.at("jwk").dump();
    return json(200, {{"status", "valid"}});
}

void FakeCa::set_account_key(const std::string& jwk) {
    for (auto& [url, key] : accounts_) {
        key = jwk;
    }
}

void FakeCa::invalidate_orders() {
    for (auto& [number, order] : orders_) {
        order.status = "invalid";
    }
}

HttpReply FakeCa::problem(std::uint16_t status, std::string_view type, std::string_view detail) const {
    HttpReply reply = json(status, {{"type", "urn:ietf:params:acme:error:" + std::string(type)}, {"detail", detail}});
    reply.content_type = "application/problem+json";
    return reply;
}

HttpReply FakeCa::json(std::uint16_t status, const nlohmann::json& body) const {
    HttpReply reply;
    reply.status = status;
    reply.body = body.dump();
    reply.content_type = "application/json";
    reply.retry_after = settings.retry_after;
    return reply;
}

std::string FakeCa::next_nonce() {
    std::string nonce = "nonce" + std::to_string(++nonces_made_) + "-";
    nonce.resize(std::max(nonce.size(), settings.nonce_length), 'x');
    return *nonces_.insert(nonce).first;
}

}  // namespace ferrotunnel::acme
