#include "login/handshake_client.hpp"

#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace ferrotunnel::login {
namespace {

HandshakeFailure server_without_proof() {
    return {wire::Code::unauthorized,
            "The server could not prove that it knows the token: either its token differs, or another machine "
            "impersonates it. Compare the tokens of both sides; if they are equal, do not trust this network.",
            "The proof in welcome is wrong.", false};
}

HandshakeFailure unwanted_server() {
    HandshakeFailure failure{wire::Code::cancelled, "The client is connected to this server already.",
                             "The client is connected to this server already.", false};
    failure.unwanted = true;
    return failure;
}

}  // namespace

ClientHandshake::ClientHandshake(Settings settings, Random& random) : settings_(std::move(settings)) {
    check(settings_.exporter.empty() || settings_.exporter.size() == exporter_bytes, "an exporter has 32 bytes");
    random.fill(nonce_);
}

wire::ControlPayload ClientHandshake::start() {
    check(state_ == State::idle, "a handshake starts once");
    wire::Hello hello;
    hello.version_min = settings_.versions.min;
    hello.version_max = settings_.versions.max;
    hello.features = settings_.features;
    hello.role = wire::HelloRole::client;
    hello.nonce = nonce_;
    hello.token_id = settings_.token.id;
    hello.instance = settings_.instance;
    hello.epoch = settings_.epoch;
    hello.attempt = settings_.attempt;
    hello.trunk = settings_.trunk;
    hello.trunks = settings_.trunks;
    hello.limits = settings_.limits;
    hello.agent = settings_.agent;
    hello.name = settings_.name;
    hello.identity = settings_.identity;
    hello.replaces = settings_.replaces;
    hello.metadata = settings_.metadata;
    client_hello_ = wire::encode_control(hello);
    state_ = State::hello_sent;
    return client_hello_;
}

Step ClientHandshake::receive(Bytes payload) {
    check(state_ != State::idle, "a handshake is started before it receives");
    if (state_ == State::failed) {
        return {Want::close, std::nullopt};
    }
    auto message = decode_handshake(payload);
    if (!message) {
        return fail(message.error());
    }
    if (const auto* refused = std::get_if<wire::Refused>(&*message);
        refused != nullptr && refused->id == 0 && state_ != State::established) {
        return on_goaway(refused->code, refused->text);
    }
    switch (state_) {
        case State::hello_sent:
            if (const auto* hello = std::get_if<wire::Hello>(&*message);
                hello != nullptr && hello->role == wire::HelloRole::server) {
                return on_hello(*hello, payload);
            }
            return fail(unexpected_message(*message, "the server's hello"));
        case State::auth_sent:
            if (const auto* welcome = std::get_if<wire::Welcome>(&*message)) {
                return on_welcome(*welcome);
            }
            return fail(unexpected_message(*message, "welcome"));
        case State::established:
            return fail(unexpected_message(*message, "a message for an established session"));
        case State::idle:
        case State::failed:
            break;
    }
    return {Want::close, std::nullopt};
}

Step ClientHandshake::on_hello(const wire::Hello& hello, Bytes payload) {
    Versions server{hello.version_min, hello.version_max};
    auto version = common_version(settings_.versions, server);
    if (!version) {
        return fail(version_failure(settings_.versions, server));
    }
    if (settings_.wants_server && !settings_.wants_server(hello.instance)) {
        return fail(unwanted_server());
    }
    server_hello_.assign(payload.begin(), payload.end());
    server_nonce_ = hello.nonce;
    common_features_ = settings_.features & hello.features;
    apply_hello(agreement_, hello);
    agreement_.version = *version;
    agreement_.trunk = settings_.trunk;
    agreement_.trunks = settings_.trunks;
    wire::Auth auth;
    auth.proof = make_proof(settings_.token.key, Prover::client, transcript());
    agreement_.client_proof = auth.proof;
    if (settings_.resume) {
        if ((common_features_ & wire::feature::resume) == 0) {
            return fail(failure_for_both(wire::Code::unknown_session, "The server no longer resumes sessions."));
        }
        const Settings::Resume& resume = *settings_.resume;
        auth.resume = {resume.id, resume.attempt, resume.received,
                       make_resume_proof(resume.key, Prover::client, resume.attempt, resume.received, auth.proof)};
    }
    state_ = State::auth_sent;
    return {Want::message, wire::encode_control(auth)};
}

Step ClientHandshake::on_welcome(const wire::Welcome& welcome) {
    // The proof comes first: an impostor's versions and features are irrelevant.
    if (!verify_proof(settings_.token.key, Prover::server, transcript(), welcome.proof)) {
        return fail(server_without_proof());
    }
    if (welcome.version != agreement_.version) {
        return fail(
            failure_for_both(wire::Code::protocol, "Welcome has a version other than the one that both hellos give."));
    }
    if ((welcome.features & ~common_features_) != 0) {
        return fail(failure_for_both(wire::Code::protocol, "Welcome names features that were not announced."));
    }
    if (auto failure = apply_resume(welcome)) {
        return fail(std::move(*failure));
    }
    agreement_.features = welcome.features;
    if ((welcome.features & wire::feature::cluster) != 0) {
        agreement_.cluster = welcome.cluster;
    }
    agreement_.session = welcome.session;
    agreement_.ping_interval = std::chrono::milliseconds(welcome.ping_ms);
    agreement_.dead_interval = std::chrono::milliseconds(welcome.dead_ms);
    agreement_.peer.ping_interval = agreement_.ping_interval;
    agreement_.peer.dead_interval = agreement_.dead_interval;
    state_ = State::established;
    return {Want::nothing, std::nullopt};
}

// The part of welcome about resuming: the session that continues, or how the new one can be resumed.
std::optional<HandshakeFailure> ClientHandshake::apply_resume(const wire::Welcome& welcome) {
    if (settings_.resume) {
        const Settings::Resume& resume = *settings_.resume;
        if (!welcome.resumed || !equal_constant_time(make_resume_proof(resume.key, Prover::server, resume.attempt,
                                                                       welcome.resumed->received, welcome.proof),
                                                     welcome.resumed->proof)) {
            return failure_for_both(wire::Code::unauthorized,
                                    "The server could not prove that it has the session that was to be resumed.");
        }
        agreement_.resumed_received = welcome.resumed->received;
        return std::nullopt;
    }
    if ((welcome.features & wire::feature::resume) == 0) {
        return std::nullopt;
    }
    if (!welcome.resume) {
        return failure_for_both(wire::Code::protocol, "Welcome lacks the data to resume the session.");
    }
    agreement_.resume_window = std::chrono::milliseconds(welcome.resume->ms);
    agreement_.resume_id = welcome.resume->id;
    agreement_.resume_key =
        make_resume_key(settings_.token.key, settings_.exporter, agreement_.client_proof, welcome.proof);
    return std::nullopt;
}

Step ClientHandshake::on_goaway(wire::Code code, std::string_view text) {
    if (state_ == State::failed) {
        return {Want::close, std::nullopt};
    }
    return fail({code, explain_refusal(code, text), {}, true});
}

Step ClientHandshake::fail(HandshakeFailure failure) {
    failure.text_for_peer = printable(failure.text_for_peer, limits::goaway_text_max);
    failure_ = std::move(failure);
    state_ = State::failed;
    return {Want::close, std::nullopt};
}

Transcript ClientHandshake::transcript() const {
    return {agreement_.version, settings_.exporter, nonce_, server_nonce_, client_hello_, server_hello_};
}

const Agreement& ClientHandshake::agreed() const {
    check(state_ == State::established, "only a login that succeeded has agreed on something");
    return agreement_;
}

const HandshakeFailure& ClientHandshake::failure() const {
    check(failure_.has_value(), "only a login that failed has a failure");
    return *failure_;
}

std::string explain_refusal(wire::Code code, std::string_view text) {
    if (code == wire::Code::unauthorized && !text.empty() && text != unknown_token) {
        return "The server does not accept the token: " + printable(text, limits::goaway_text_max) +
               " If that is impossible, the connection may be intercepted.";
    }
    if (code == wire::Code::unauthorized) {
        return "The server does not accept the token. Check that client and server use the same one; if they do, "
               "the connection may be intercepted.";
    }
    if (code == wire::Code::handshake_timeout) {
        return "The login timed out at the server. Check the network: it may be slow or drop packets.";
    }
    std::string explained = "The server refused the session (" + std::string(wire::name_of(code)) + ")";
    return text.empty() ? explained + "." : explained + ": " + printable(text, limits::goaway_text_max);
}

}  // namespace ferrotunnel::login
