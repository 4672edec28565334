#include "auth/auth.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

#include "auth/credentials.hpp"
#include "auth/password_hash.hpp"
#include "common/authorization.hpp"
#include "common/exchange_share.hpp"

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Settings;
using plugin::Side;
using plugin::Text;

namespace {

constexpr std::size_t key_max = 1'024;  // bytes of a visitor's key

// Whether the settings come from a client: its visitors must not be able to keep the server busy.
bool wants_cheap(const Settings& settings) {
    return settings.text("hashes").value_or(Text()) == "cheap";
}

/// Reads the users of the settings, and reports mistakes.
Users read_users(const Settings& settings) {
    Users users;
    for (std::size_t i = 0; i < settings.count("users"); ++i) {
        const std::string name(settings.key("users", i));
        const std::string path = "users[\"" + name + "\"]";
        const std::string hash(settings.text(path).value_or(Text()));
        const std::string fault = Users::name_fault(name);
        std::string hash_fault = password_hash_fault(hash);
        if (hash_fault.empty() && wants_cheap(settings)) {
            hash_fault = cheap_hash_fault(hash);
        }
        if (!fault.empty() || !hash_fault.empty()) {
            settings.problem(path, fault.empty() ? hash_fault : fault);
        } else {
            users.add(name, hash);
        }
    }
    return users;
}

std::unordered_map<Digest, std::string, DigestHash> read_keys(const Settings& settings) {
    std::unordered_map<Digest, std::string, DigestHash> keys;
    for (std::size_t i = 0; i < settings.count("keys"); ++i) {
        const std::string name(settings.key("keys", i));
        const std::string path = "keys[\"" + name + "\"]";
        const auto digest = digest_of_hex(settings.text(path).value_or(Text()));
        if (const std::string fault = Users::name_fault(name); !fault.empty()) {
            settings.problem(path, fault);
        } else if (!digest) {
            settings.problem(path, "is not a SHA-256 in 64 hexadecimal digits; `printf %s KEY | sha256sum` prints it");
        } else if (!keys.emplace(*digest, name).second) {
            settings.problem(path, "is also the key of another name");
        }
    }
    return keys;
}

void check_header(const Settings& settings, const char* path) {
    const auto name = settings.text(path);
    if (name && !plugin::may_write(*name)) {
        settings.problem(
            path, "is not a field that a plugin may change: it is not a valid name, or a field that the edge sets");
    }
}

Users with_file(Users users, const std::string& text) {
    users.add_file(text);
    return users;
}

}  // namespace

void Auth::check(const Settings& settings) {
    settings.sets_note("auth.subject");
    const Users users = read_users(settings);
    (void)read_keys(settings);
    check_header(settings, "key_header");
    check_header(settings, "user_header");
    if (const Text name = settings.text("user_header").value_or(Text());
        is_credentials(name) || (!name.empty() && name == settings.text("key_header"))) {
        settings.problem("user_header", "is a field in which visitors send credentials");
    }
    const Text realm = settings.text("realm").value_or(Text());
    if (!plugin::may_write("WWW-Authenticate", "Basic realm=" + quoted_string(realm))) {
        settings.problem("realm", "has a character that is not allowed in a field");
    }
    const auto file = settings.text("users_file");
    if (file && wants_cheap(settings)) {
        settings.problem("hashes", "is only for `users`: hashes in a file are not checked for their cost");
    }
    if (file) {
        try {
            (void)with_file(users, read_file(std::string(*file), Users::file_max));
        } catch (const std::exception& problem) {
            settings.problem("users_file", problem.what());
        }
    }
    if (settings.count("users") == 0 && settings.count("keys") == 0 && !file) {
        settings.problem({}, "rejects every request: it needs `users`, `users_file` or `keys`");
    }
    if (settings.text("key_header") && settings.count("keys") == 0) {
        settings.problem("key_header", "needs `keys`");
    }
}

Auth::Auth(const Settings& settings, Auth* before) : inline_users_(read_users(settings)), keys_(read_keys(settings)) {
    const auto seconds = [&](const char* path) {
        return std::chrono::duration_cast<std::chrono::seconds>(
            std::chrono::nanoseconds(settings.integer(path).value_or(0)));
    };
    is_client_s_ = wants_cheap(settings);
    if (is_client_s_) {
        pool_ = WorkPool::shared_by_clients();
    }
    // Requests before and after a change must not reveal that a user's cost has stayed and an unknown name's has not.
    chooses_ = before != nullptr ? before->chooses_ : std::make_shared<const KeyedDigest>();
    auto responder = std::make_shared<AuthResponder>();
    responder->user_header = settings.text("user_header").value_or(Text());
    if (!responder->user_header.empty()) {
        settings.declare_identity(responder->user_header);
    }
    responder->key_header = settings.text("key_header").value_or(Text());
    responder->forward = settings.boolean("forward").value_or(false);
    const std::string realm = "realm=" + quoted_string(settings.text("realm").value_or(Text()));
    const auto file = settings.text("users_file");
    if (file || !inline_users_.empty()) {
        responder->challenges.push_back({"WWW-Authenticate", "Basic " + realm + ", charset=\"UTF-8\""});
    }
    if (!keys_.empty()) {
        const std::string scheme = responder->key_header.empty()
                                       ? "Bearer " + realm
                                       : "ApiKey " + realm + ", header=" + quoted_string(responder->key_header);
        responder->challenges.push_back({"WWW-Authenticate", scheme});
    }
    responder_ = responder;
    const auto failures = static_cast<std::size_t>(settings.integer("lockout.failures").value_or(0));
    const std::chrono::seconds duration = seconds("lockout.duration");
    lockout_ = before != nullptr && before->lockout_->has(failures, duration)
                   ? before->lockout_
                   : std::make_shared<Lockout>(failures, duration);
    verifier_ = std::make_shared<Verifier>(
        responder_, lockout_, std::chrono::nanoseconds(settings.integer("cache").value_or(0)),
        is_client_s_ ? Verifier::pending_of_client_max : Verifier::pending_as_pool_has_room);
    users_ = std::make_shared<const Users>(inline_users_);
    if (file) {
        file_.emplace(std::string(*file), Users::file_max);
        users_ = std::make_shared<const Users>(with_file(inline_users_, file_->changed().value_or(std::string())));
    }
}

// Only for the operator: a client could fill the server's log with it.
void Auth::log_costs(const Users& users) const {
    if (const std::string costs = users.costs(); !costs.empty() && !is_client_s_) {
        log(FT_LOG_WARN, "the users' hashes differ in cost (" + costs +
                             "), so the response time shows which kind a user has; give all hashes the same cost");
    }
}

void Auth::start() {
    log_costs(*users());
    if (file_) {
        watch_ = std::make_unique<Periodic>(std::chrono::seconds(1), [this] { refresh_file(); });
    }
}

void Auth::stop() {
    watch_.reset();
}

void Auth::refresh_file() {
    try {
        if (const auto text = file_->changed()) {
            auto made = std::make_shared<const Users>(with_file(inline_users_, *text));
            log_costs(*made);
            const std::lock_guard lock(mutex_);
            users_.swap(made);  // the old users are destroyed without the lock
        }
    } catch (const std::exception& problem) {
        log(FT_LOG_ERROR, "users_file " + file_->path() + " " + problem.what() + "; the earlier users stay");
    }
}

std::shared_ptr<const Users> Auth::users() const {
    const std::lock_guard lock(mutex_);
    return users_;
}

Decision Auth::on_request(Exchange& exchange) {
    if (!responder_->key_header.empty()) {
        if (const auto key = exchange.field(Side::request, responder_->key_header)) {
            return check_access_key(exchange, *key, responder_->key_header);
        }
    }
    const auto field = exchange.field(Side::request, "Authorization");
    if (!field) {
        return responder_->refuse("auth_required");
    }
    // With two fields, the backend might use the other one.
    if (exchange.field(Side::request, "Authorization", 1)) {
        return responder_->refuse("auth_failed");
    }
    if (const auto encoded = of_scheme(*field, "Basic")) {
        return check_password(exchange, *encoded);
    }
    const auto key = responder_->key_header.empty() && !keys_.empty() ? of_scheme(*field, "Bearer") : std::nullopt;
    return key ? check_access_key(exchange, *key, "Authorization") : responder_->refuse("auth_required");
}

Decision Auth::check_access_key(Exchange& exchange, Text key, Text by_field) {
    if (key.size() > key_max || exchange.field(Side::request, by_field, 1)) {
        return responder_->refuse("auth_failed");
    }
    // The digest of a key reveals nothing about other digests, so the time of the look-up does not either.
    const auto found = keys_.find(sha256(key));
    return found != keys_.end() ? responder_->admit(exchange, found->second, by_field)
                                : responder_->refuse("auth_failed");
}

Decision Auth::check_password(Exchange& exchange, Text encoded) {
    const std::shared_ptr<const Users> users = this->users();
    std::optional<BasicCredentials> said = read_basic(encoded);
    if (!said || users->empty()) {
        return responder_->refuse("auth_failed");
    }
    const auto now = std::chrono::steady_clock::now();
    if (const auto left = lockout_->left(said->user, exchange.visitor(), now); left.count() > 0) {
        return Decision::reject(429, "auth_locked", {{"Retry-After", std::to_string(left.count())}});
    }
    const std::string* const hash = users->hash_of(said->user);
    std::uint32_t any = 0;
    const Digest chosen = chooses_->of({said->user});
    std::memcpy(&any, chosen.data(), sizeof any);
    Verifier::Attempt attempt{std::move(said->user), std::move(said->password),
                              hash != nullptr ? *hash : users->hash_for_unknown(any), hash != nullptr};
    if (verifier_->is_known(attempt, now)) {
        return responder_->admit(exchange, attempt.user, "Authorization");
    }
    const Share share = share_of(pool_->shares(), exchange);
    return exchange.later([&](plugin::Later later) {
        verifier_->verify(*pool_, share, std::move(attempt), std::string(exchange.visitor()), std::move(later));
    });
}

}  // namespace ferrotunnel::plugins
