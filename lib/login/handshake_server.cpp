#include "login/handshake_server.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "base/hex.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace ferrotunnel::login {
namespace {

Key random_key(Random& random) {
    std::array<std::uint8_t, Key::size_bytes> bytes;
    random.fill(bytes);
    return Key(bytes);
}

// A duration in the range for welcome: at least one millisecond, at most a day.
std::uint32_t milliseconds(Duration duration) {
    using std::chrono::milliseconds;
    Duration sendable = std::clamp<Duration>(duration, milliseconds(1), std::chrono::hours(24));
    return static_cast<std::uint32_t>(std::chrono::duration_cast<milliseconds>(sendable).count());
}

// The failure for an unknown token or a wrong proof. The peer gets the same text; the operator needs to know which.
HandshakeFailure unauthorized(const AcceptedToken* token, const wire::TokenId& id) {
    std::string text = token == nullptr
                           ? "The client's token (id " + to_hex(id) +
                                 ") is not one of this server's. Give client and server the same token."
                           : "The client names the token \"" + token->name +
                                 "\" but its proof is wrong: the connection may be intercepted, or an old login was "
                                 "replayed.";
    return {wire::Code::unauthorized, std::move(text), std::string(unknown_token), false};
}

}  // namespace

ServerHandshake::ServerHandshake(Settings settings, Random& random)
    : settings_(std::move(settings)), dummy_key_(random_key(random)) {
    check(settings_.tokens != nullptr, "a server has a list of tokens");
    check(settings_.exporter.empty() || settings_.exporter.size() == exporter_bytes, "an exporter has 32 bytes");
    random.fill(nonce_);
    if ((settings_.features & wire::feature::resume) != 0) {
        random.fill(resume_id_);
    }
}

Step ServerHandshake::receive(Bytes payload) {
    if (state_ == State::failed) {
        return {Want::close, std::nullopt};
    }
    auto message = decode_handshake(payload);
    if (!message) {
        return fail(message.error());
    }
    switch (state_) {
        case State::expect_hello:
            if (const auto* hello = std::get_if<wire::Hello>(&*message);
                hello != nullptr && hello->role == wire::HelloRole::client && hello->token_id.has_value()) {
                return on_hello(*hello, payload);
            }
            return fail(unexpected_message(*message, "a client's hello"));
        case State::expect_auth:
            if (const auto* auth = std::get_if<wire::Auth>(&*message)) {
                return on_auth(*auth);
            }
            return fail(unexpected_message(*message, "auth"));
        case State::looking_up:
        case State::proved:
            return fail(unexpected_message(*message, "silence until welcome"));
        case State::established:
            return fail(unexpected_message(*message, "a message for an established session"));
        case State::failed:
            break;
    }
    return {Want::close, std::nullopt};
}

Step ServerHandshake::on_hello(const wire::Hello& hello, Bytes payload) {
    Versions client{hello.version_min, hello.version_max};
    auto version = common_version(client, settings_.versions);
    if (!version) {
        return fail(version_failure(client, settings_.versions));
    }
    client_hello_.assign(payload.begin(), payload.end());
    client_nonce_ = hello.nonce;
    token_id_ = *hello.token_id;
    apply_hello(agreement_, hello);
    agreement_.version = *version;
    agreement_.features = hello.features & settings_.features;
    if ((agreement_.features & wire::feature::metadata) != 0) {
        agreement_.peer_metadata = hello.metadata;
    }
    agreement_.trunk = hello.trunk;
    agreement_.trunks = hello.trunks;
    agreement_.ping_interval = settings_.ping_interval;
    agreement_.dead_interval = settings_.dead_interval;

    wire::Hello answer;
    answer.version_min = settings_.versions.min;
    answer.version_max = settings_.versions.max;
    answer.features = settings_.features;
    answer.role = wire::HelloRole::server;
    answer.nonce = nonce_;
    answer.instance = settings_.instance;
    answer.limits = settings_.limits;
    answer.agent = settings_.agent;
    server_hello_ = wire::encode_control(answer);
    state_ = State::expect_auth;
    return {Want::message, server_hello_};
}

Step ServerHandshake::on_auth(const wire::Auth& auth) {
    auth_ = auth;
    if (prove(find(token_id_))) {
        return decide();
    }
    in_table_ = found_.accepted;
    if (settings_.looks_up) {
        state_ = State::looking_up;
        if (!is_closed()) {
            wrong_token_ = token_id_;  // until it is proved: a client that guesses may leave at once
        }
        return {Want::token, std::nullopt};
    }
    return fail_unproved();
}

Step ServerHandshake::offer(std::shared_ptr<const AcceptedToken> token, IfWrong if_wrong) {
    check(state_ == State::looking_up, "a token is offered when one is wanted");
    offered_ = std::move(token);
    const bool is_its = offered_ != nullptr && equal_constant_time(offered_->token.id, token_id_);
    if (prove(is_its ? Found{offered_.get(), &offered_->token} : Found())) {
        return decide();
    }
    if (if_wrong == IfWrong::offer_another) {
        return {Want::token, std::nullopt};
    }
    if (if_wrong == IfWrong::try_later) {
        return fail(
            {wire::Code::busy,
             "The client's token (id " + to_hex(token_id_) + ") could not be looked up: it is asked to try again.",
             "The server cannot check the token at present. Try again later.", false});
    }
    return fail_unproved();
}

// Verifies the client's proof. A closed weak token is proved against a random key: that costs the same, and reveals
// nothing about the token.
bool ServerHandshake::prove(Found found) {
    found_ = found;
    if (found.token != nullptr && found.token->strength == TokenStrength::weak && is_closed()) {
        found_ = {};
    }
    const Key& key = found_.token != nullptr ? found_.token->key : dummy_key_;
    ++proofs_;
    return verify_proof(key, Prover::client, transcript(), auth_.proof) && found_.token != nullptr;
}

Step ServerHandshake::decide() {
    wrong_token_.reset();
    agreement_.client_proof = auth_.proof;
    if ((agreement_.features & wire::feature::resume) != 0) {
        agreement_.resume = auth_.resume;
    }
    state_ = State::proved;
    return {Want::decision, std::nullopt};
}

Step ServerHandshake::fail_unproved() {
    if (is_closed()) {
        wrong_token_.reset();
        return fail(failure_for_both(wire::Code::busy,
                                     "Too many wrong tokens came from this address or its neighbours. Try again later; "
                                     "tokens made by `ferrotunnel token` never have to wait."));
    }
    wrong_token_ = token_id_;
    return fail(unauthorized(found_.accepted != nullptr ? found_.accepted : in_table_, token_id_));
}

bool ServerHandshake::is_closed() const {
    return settings_.blocks_weak_tokens && settings_.blocks_weak_tokens();
}

bool ServerHandshake::asks_to_resume() const noexcept {
    return (agreement_.features & wire::feature::resume) != 0 && auth_.resume.has_value();
}

wire::Welcome ServerHandshake::make_welcome() const {
    wire::Welcome welcome;
    welcome.proof = make_proof(found_.token->key, Prover::server, transcript());
    welcome.version = agreement_.version;
    welcome.features = agreement_.features;
    welcome.ping_ms = milliseconds(settings_.ping_interval);
    welcome.dead_ms = milliseconds(settings_.dead_interval);
    return welcome;
}

Step ServerHandshake::welcome(std::string session) {
    check(state_ == State::proved, "only a client that has proved its token is welcome");
    wire::Welcome welcome = make_welcome();
    welcome.session = session;
    if (settings_.cluster && (agreement_.features & wire::feature::cluster) != 0) {
        welcome.cluster = *settings_.cluster;
    }
    if ((agreement_.features & wire::feature::resume) != 0) {
        welcome.resume = {resume_id_, milliseconds(settings_.resume_window)};
        agreement_.resume_window = settings_.resume_window;
        agreement_.resume_id = resume_id_;
        agreement_.resume_key =
            make_resume_key(found_.token->key, settings_.exporter, agreement_.client_proof, welcome.proof);
    }
    agreement_.session = std::move(session);
    state_ = State::established;
    return {Want::nothing, wire::encode_control(welcome)};
}

Step ServerHandshake::resumed(const Key& resume_key, std::uint64_t received) {
    check(state_ == State::proved && agreement_.resume, "only a client that requested a session resumes one");
    wire::Welcome welcome = make_welcome();
    welcome.resumed = {
        received, make_resume_proof(resume_key, Prover::server, agreement_.resume->attempt, received, welcome.proof)};
    state_ = State::established;
    return {Want::nothing, wire::encode_control(welcome)};
}

Step ServerHandshake::refuse(wire::Code code, std::string_view text) {
    check(state_ == State::proved, "a client is refused when it has proved its token");
    return fail(failure_for_both(code, std::string(text)));
}

Step ServerHandshake::on_goaway(wire::Code code, std::string_view text) {
    if (state_ == State::failed) {
        return {Want::close, std::nullopt};
    }
    std::string what = "The client ended the login (" + std::string(wire::name_of(code)) + ")";
    return fail({code, text.empty() ? what + "." : what + ": " + printable(text, limits::goaway_text_max), {}, true});
}

Step ServerHandshake::fail(HandshakeFailure failure) {
    failure.text_for_peer = printable(failure.text_for_peer, limits::goaway_text_max);
    failure_ = std::move(failure);
    state_ = State::failed;
    if (failure_->by_peer) {
        return {Want::close, std::nullopt};
    }
    wire::Refused refused;
    refused.code = failure_->code;
    refused.text = failure_->text_for_peer;
    return {Want::close, wire::encode_control(refused)};
}

// The accepted token with this id. Checks every entry, so that the time does not reveal the position of a token.
ServerHandshake::Found ServerHandshake::find(const wire::TokenId& id) const noexcept {
    Found found;
    for (const AcceptedToken& accepted : *settings_.tokens) {
        if (equal_constant_time(accepted.token.id, id)) {
            found = {&accepted, &accepted.token};
        }
        if (accepted.also && equal_constant_time(accepted.also->id, id)) {
            found = {&accepted, &*accepted.also};
        }
    }
    return found;
}

Transcript ServerHandshake::transcript() const {
    return {agreement_.version, settings_.exporter, client_nonce_, nonce_, client_hello_, server_hello_};
}

const Agreement& ServerHandshake::agreed() const {
    check(state_ == State::proved || state_ == State::established, "only a client with a proved token has agreed");
    return agreement_;
}

const AcceptedToken& ServerHandshake::token() const {
    check(found_.accepted != nullptr, "only a client that has proved its token has one");
    return *found_.accepted;
}

const TokenId& ServerHandshake::secret() const {
    check(found_.token != nullptr, "only a client that has proved its token has one");
    return found_.token->id;
}

const HandshakeFailure& ServerHandshake::failure() const {
    check(failure_.has_value(), "only a login that failed has a failure");
    return *failure_;
}

}  // namespace ferrotunnel::login
