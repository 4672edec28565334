#include "directory/service_tokens.hpp"

#include <catch2/catch.hpp>

#include "login/proof.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;

namespace {

login::Key service_key(std::uint8_t byte) {
    return login::Key(std::vector<std::uint8_t>(login::Key::size_bytes, byte));
}

const wire::Proof of_login{1, 2, 3};

std::optional<wire::Code> answer(const ServiceTokens& tokens, const ReachedBy& service,
                                 const std::optional<wire::Proof>& proof = {}, bool knows = true) {
    const auto refusal = tokens.refuse(service, proof, of_login, knows);
    return refusal ? std::optional(refusal->code) : std::nullopt;
}

bool needs(const ServiceTokens& tokens, const ReachedBy& service) {
    return answer(tokens, service) == wire::Code::unauthorized;
}

}  // namespace

TEST_CASE("a service proves its token by name, on that connection alone", "[service-tokens]") {
    const ServiceTokens tokens({{"db", {}, {}, {service_key(1), service_key(2)}}});
    const auto proof = [](std::uint8_t key, std::string_view name) {
        return login::make_service_proof(service_key(key), of_login, name);
    };
    CHECK(answer(tokens, {"db"}, proof(1, "db")) == std::nullopt);
    CHECK(answer(tokens, {"db"}, proof(2, "db")) == std::nullopt);  // the second one that is accepted
    CHECK(answer(tokens, {"db"}, proof(3, "db")) == wire::Code::unauthorized);
    CHECK(answer(tokens, {"db"}, proof(1, "web")) == wire::Code::unauthorized);
    CHECK(answer(tokens, {"db"}) == wire::Code::unauthorized);
    CHECK(answer(tokens, {"db"}, {}, false) == wire::Code::unsupported);
    CHECK(answer(tokens, {"web"}) == std::nullopt);
    CHECK(answer(tokens, {"web"}, proof(3, "web")) == std::nullopt);  // nobody asked for it
    const auto elsewhere = login::make_service_proof(service_key(1), wire::Proof{9}, "db");
    CHECK(answer(tokens, {"db"}, elsewhere) == wire::Code::unauthorized);
    CHECK(ServiceTokens().refuse({"db"}, {}, of_login, false) == std::nullopt);
}

TEST_CASE("a service needs a token by name, port or host", "[service-tokens]") {
    const ServiceTokens tokens(
        {{"web", {{2222, 2222}, {8000, 8009}}, {"app.example.com", "*.in.example.com"}, {service_key(1)}}});
    for (const char* name : {"web", "web:20000", "web/udp", "web:20000/udp"}) {
        CHECK(needs(tokens, {name}));
    }
    for (const char* name : {"webs", "web:", "web:x", "we", "", "a/web", "web/api"}) {
        CHECK_FALSE(needs(tokens, {name}));
    }
    for (const std::uint16_t port : std::vector<std::uint16_t>{2222, 8000, 8009}) {
        CHECK(needs(tokens, {"x", port}));
    }
    for (const std::uint16_t port : std::vector<std::uint16_t>{0, 2221, 8010}) {
        CHECK_FALSE(needs(tokens, {"x", port}));
    }
    for (const char* host : {"app.example.com", "a.in.example.com", "*.in.example.com", "*.example.com", "*"}) {
        CHECK(needs(tokens, {"x", 0, {"other.example.org", host}}));
    }
    for (const char* host : {"b.example.com", "in.example.com", "*.example.org"}) {
        CHECK_FALSE(needs(tokens, {"x", 0, {host}}));
    }
    wire::Service service;
    service.kind = wire::ServiceKind::http;
    service.http.hosts = {"APP.example.com.", "no host"};
    CHECK(needs(tokens, reached_by(service)));
    service.kind = wire::ServiceKind::tls;
    CHECK_FALSE(needs(tokens, reached_by(service)));
    service.tls.hosts = service.http.hosts;
    CHECK(needs(tokens, reached_by(service)));
}
