// Random messages: what is encoded decodes equal and fits; damaged, it is refused or is another valid message.
#include <catch2/catch.hpp>

#include "support/seeded_random.hpp"
#include "unit/wire/control_messages.hpp"
#include "unit/wire/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::wire;
using test::SeededRandom;

namespace {

std::string random_text(SeededRandom& random, std::size_t most) {
    static constexpr const char* pieces[] = {"a", "Z", ".", " ", "\xc3\xbc", "\xe2\x9c\x93", "\xf0\x9f\xa6\x8a"};
    std::size_t size = random.chance(20) ? most : random.below(most + 1);
    std::string text;
    while (true) {
        std::string piece = pieces[random.below(7)];
        if (text.size() + piece.size() > size) {
            return text + std::string(size - text.size(), 'x');
        }
        text += piece;
    }
}

std::uint32_t random_u32(SeededRandom& random, std::uint32_t least, std::uint32_t most = 0xffff'ffff) {
    std::uint64_t range = std::uint64_t{most} - least;
    return static_cast<std::uint32_t>(least + (random.chance(20) ? range : random.below(range + 1)));
}

Hello random_hello(SeededRandom& random) {
    Hello hello;
    hello.version_min = static_cast<std::uint8_t>(random.between(1, 255));
    hello.version_max = static_cast<std::uint8_t>(random.between(hello.version_min, 255));
    hello.features = random.next();
    hello.role = random.chance(50) ? HelloRole::client : HelloRole::server;
    random.fill(hello.nonce);
    if (hello.role == HelloRole::client) {
        random.fill(hello.token_id.emplace());
    }
    random.fill(hello.instance);
    hello.epoch = random.next();
    hello.attempt = random.chance(50) ? 0 : random.next();
    hello.trunks = random_u32(random, 1, limits::trunks_max);
    hello.trunk = random_u32(random, 1, hello.trunks);
    hello.limits = {random_u32(random, limits::first_window_min, 1U << 31), random_u32(random, 0, 0x7fff'ffff),
                    random_u32(random, 0, 0x7fff'ffff), random_u32(random, 16'384), random_u32(random, 0, 0x7fff'ffff)};
    hello.agent = random_text(random, limits::agent_text_max);
    hello.name = random_text(random, limits::client_name_max);
    hello.identity = random_text(random, identity_text_max);
    hello.replaces = random.chance(50);
    if (hello.role == HelloRole::client) {
        for (std::size_t i = random.below(4); i > 0; --i) {
            hello.metadata["k" + std::to_string(i)] = random_text(random, limits::client_metadata_value_max);
        }
    }
    return hello;
}

Welcome random_welcome(SeededRandom& random) {
    Welcome welcome;
    random.fill(welcome.proof);
    welcome.session = random_text(random, limits::session_text_max);
    welcome.version = static_cast<std::uint8_t>(random.between(1, 255));
    welcome.features = random.next();
    welcome.ping_ms = random_u32(random, 1, 86'400'000);
    welcome.dead_ms = random_u32(random, welcome.ping_ms, 86'400'000);
    return welcome;
}

std::vector<HttpFieldRule> random_fields(SeededRandom& random) {
    std::vector<HttpFieldRule> rules(random.below(limits::http_header_rules_max + 1));
    for (HttpFieldRule& rule : rules) {
        rule.action = static_cast<HttpFieldRule::Action>(random.below(3));
        rule.name = "X" + random_text(random, 20);
        if (rule.action != HttpFieldRule::Action::remove) {
            rule.value = random_text(random, 60);
        }
    }
    return rules;
}

void fill_rules(SeededRandom& random, HttpPart& http) {
    HttpRulesPart& rules = http.rules;
    rules.request_headers = random_fields(random);
    rules.response_headers = random_fields(random);
    rules.map_back = random.chance(50);
    if (random.chance(50)) {
        rules.prefix = random_text(random, limits::http_path_text_max);
        rules.host = random_text(random, limits::http_host_header_max);
        rules.redirect = {"/" + random_text(random, limits::http_redirect_text_max - 1), 301};
    }
    if (random.chance(50)) {
        rules.https_redirect = {307, static_cast<std::uint16_t>(random.between(1, 65'535))};
        rules.hsts = {random.below(1'000'000), random.chance(50), random.chance(50)};
        http.limits.connect_ms = random.between(1, 10'000);
        http.limits.body_rate = random.below(1'000'000);
    }
    if (random.chance(50)) {
        http.limits.first_byte_ms = random.between(1, 86'400'000);
        http.limits.upgraded_idle_ms = random.between(1, 86'400'000);
        http.limits.body_max = (random.next() >> 1) | 1;
        http.limits.upgrades = random.chance(50);
    }
    if (rules.bytes() > limits::http_rules_bytes_max) {
        rules = {};
    }
}

// Sets all rules that one service may have, and every key.
void fill_largest_rules(HttpPart& http) {
    HttpRulesPart& rules = http.rules;
    rules.prefix = "/p";
    rules.host = "h";
    rules.map_back = false;
    rules.redirect = {"/r", 301};
    rules.https_redirect = {308, 65'535};
    rules.hsts = {315'360'000, true, true};
    const HttpFieldRule field{HttpFieldRule::Action::set, "n", std::string(100, 'v')};
    rules.request_headers.assign(limits::http_header_rules_max, field);
    rules.response_headers = rules.request_headers;
    rules.request_headers.front().value.append(limits::http_rules_bytes_max - rules.bytes(), 'v');
    http.limits = {10'000, 86'400'000, 604'800'000, limits::http_body_rate_max, limits::http_body_bytes_max, false};
}

HttpPart random_http(SeededRandom& random) {
    HttpPart http;
    if (random.chance(30)) {
        fill_rules(random, http);
    }
    http.hosts.resize(random.below(limits::http_hosts_per_service_max + 1));
    for (std::string& host : http.hosts) {
        host = "h" + random_text(random, limits::http_host_text_max - 1);
    }
    http.path = random_text(random, limits::http_path_text_max);
    http.per_visitor = random.chance(30);
    http.backend_tls = random.chance(30);
    return http;
}

Service random_service(SeededRandom& random, bool largest) {
    Service service;
    service.id = random_u32(random, 1);
    service.kind = static_cast<ServiceKind>(random.between(1, 255));
    service.remote_port = static_cast<std::uint16_t>(random.next());
    if (largest) {
        service = {0xffff'ffff,
                   ServiceKind::http,
                   65'535,
                   std::string(limits::bind_text_max, 'b'),
                   std::string(limits::service_name_max, 'n'),
                   std::string(limits::service_metadata_max, 'm'),
                   {std::vector(limits::http_hosts_per_service_max, std::string(limits::http_host_text_max, 'h')),
                    std::string(limits::http_path_text_max, 'p')}};
        fill_largest_rules(service.http);
        service.group = {std::string(group_name_max, 'g'), Balance::two_choices, group_weight_max, true,
                         Sticky::cookie};
        service.group.eject = {eject_failures_max, eject_ms_max, eject_ms_max, 100, UINT32_MAX, true};
        service.health = HealthPart{true, true};
    } else if (random.chance(30)) {
        service.bind = random_text(random, limits::bind_text_max);
        service.name = random_text(random, limits::service_name_max);
        service.metadata = random_text(random, limits::service_metadata_max);
    } else if (random.chance(30)) {
        service.kind = ServiceKind::http;
        service.http = random_http(random);
    }
    if (!largest && random.chance(30)) {
        service.group.name = "g" + random_text(random, group_name_max - 1);
        service.group.balance = static_cast<Balance>(random.below(256));
        service.group.weight = static_cast<std::uint32_t>(random.between(1, group_weight_max));
        service.group.standby = random.chance(50);
        service.group.sticky = static_cast<Sticky>(random.below(256));
        if (random.chance(50)) {
            const auto number = [&random](std::uint32_t least, std::uint32_t most) {
                return static_cast<std::uint32_t>(random.between(least, most));
            };
            service.group.eject = {number(1, eject_failures_max),
                                   number(eject_ms_min, eject_ms_max),
                                   number(eject_ms_min, eject_ms_max),
                                   number(1, 100),
                                   number(0, UINT32_MAX),
                                   random.chance(50)};
        }
        service.health = HealthPart{random.chance(50), random.chance(50)};
    }
    if (service.kind == ServiceKind::tls) {
        service.tls.hosts.assign(random.between(1, limits::http_hosts_per_service_max), "a.example");
    }
    return service;
}

template <typename Message>
void round_trip(const Message& message, const ControlPayload& payload) {
    REQUIRE(payload.size() <= limits::control_payload_max);
    auto back = decode_control(payload);
    REQUIRE(back);
    REQUIRE(std::get<Message>(*back) == message);
}

// Checks that all payloads together give the services in order, each payload with the number of the request.
template <typename Message, typename Any>
void round_trip_list(std::uint32_t request, const std::vector<Any>& services,
                     const std::vector<ControlPayload>& payloads) {
    std::vector<Any> seen;
    for (const ControlPayload& payload : payloads) {
        REQUIRE(payload.size() <= limits::control_payload_max);
        auto back = decode_control(payload);
        REQUIRE(back);
        auto& message = std::get<Message>(*back);
        REQUIRE(message.request == request);
        REQUIRE(message.services.size() <= limits::services_per_message_max);
        REQUIRE_FALSE(message.services.empty());
        seen.insert(seen.end(), message.services.begin(), message.services.end());
    }
    REQUIRE(seen == services);
}

}  // namespace

TEST_CASE("random messages survive the way through bytes") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        SeededRandom random(seed);
        Hello hello = random_hello(random);
        round_trip(hello, encode_control(hello));
        REQUIRE(encode_control(hello).size() <= limits::control_payload_unauthenticated_max);
        Welcome welcome = random_welcome(random);
        round_trip(welcome, encode_control(welcome));
        Auth auth;
        random.fill(auth.proof);
        round_trip(auth, encode_control(auth));
        ResumeRequest& wanted = auth.resume.emplace();
        random.fill(wanted.id);
        random.fill(wanted.proof);
        wanted.attempt = random.next();
        wanted.received = random.next() >> random.below(64);
        round_trip(auth, encode_control(auth));
        welcome.resume = {wanted.id, static_cast<std::uint32_t>(random.between(1, 86'400'000))};
        round_trip(welcome, encode_control(welcome));
        welcome.resumed = {wanted.received, wanted.proof};
        round_trip(welcome, encode_control(welcome));
        ClusterPart& cluster = welcome.cluster.emplace();
        cluster.member = "m" + random_text(random, limits::cluster_member_max - 1);
        for (std::uint64_t i = random.below(limits::cluster_others_max + 1); i > 0; --i) {
            cluster.others.push_back({"o" + random_text(random, 20), random_text(random, 100)});
        }
        round_trip(welcome, encode_control(welcome));
        Refused refused{random_u32(random, 0), static_cast<Code>(random.between(1, 65'535)),
                        random_text(random, limits::refused_text_max)};
        round_trip(refused, encode_control(refused));

        Unregister unregister;
        unregister.ids.resize(random.chance(5) ? limits::services_max : random.between(1, 20));
        for (std::uint32_t& id : unregister.ids) {
            id = random_u32(random, 1);
        }
        round_trip(unregister, encode_control(unregister));
        Stats stats;
        for (std::uint64_t n = random.below(limits::counters_max + 1); n > 0; --n) {
            stats.counters.emplace_back(std::to_string(n) + random_text(random, limits::counter_name_max - 2),
                                        random.next());
        }
        round_trip(stats, encode_control(stats));
        const std::string document = "{}" + random_text(random, manage_text_max - 2);
        Manage manage{random_u32(random, 0), document};
        round_trip(manage, encode_control(manage));
        Managed managed{random_u32(random, 0), static_cast<std::uint16_t>(random.between(200, 599)), document};
        round_trip(managed, encode_control(managed));
        Health health{random_u32(random, 1), random.chance(50), random_text(random, health_text_max)};
        round_trip(health, encode_control(health));
        round_trip(TakeOver{}, encode_control(TakeOver{}));
        TakenOver taken_over{random_u32(random, 0)};
        round_trip(taken_over, encode_control(taken_over));
        Replaced replaced{random_text(random, limits::refused_text_max)};
        round_trip(replaced, encode_control(replaced));

        std::vector<Service> services(random.below(200));
        std::vector<RegisteredService> registered(random.below(200));
        for (Service& service : services) {
            service = random_service(random, random.chance(5));
        }
        for (RegisteredService& service : registered) {
            service = {random_u32(random, 1), static_cast<std::uint16_t>(random.next()),
                       random_text(random, limits::public_address_max),
                       random.chance(30) ? random_text(random, limits::http_host_text_max) : std::string(),
                       random.chance(30) ? random_text(random, not_at_text_max) : std::string()};
        }
        std::uint32_t request = random_u32(random, 0);
        round_trip_list<Register>(request, services, encode_register(request, services));
        round_trip_list<Registered>(request, registered, encode_registered(request, registered));
    }
}

TEST_CASE("any number of services fits into messages, also of the largest") {
    SeededRandom random(3);
    for (std::size_t count : {0U, 1U, 63U, 64U, 65U, 128U, 1'024U}) {
        CAPTURE(count);
        std::vector<Service> small(count, Service{1, ServiceKind::tcp, 80, "", "", ""});
        CHECK(encode_register(1, small).size() == (count + 63) / 64);
        std::vector<Service> large(count, random_service(random, true));
        round_trip_list<Register>(0xffff'ffff, large, encode_register(0xffff'ffff, large));
        std::vector<RegisteredService> answers(
            count, RegisteredService{0xffff'ffff, 65'535, std::string(limits::public_address_max, 'a')});
        round_trip_list<Registered>(0xffff'ffff, answers, encode_registered(0xffff'ffff, answers));
    }
    // Usual services have an address to listen on, a port, a name. 64 of them are one message.
    std::vector<Service> usual(64, Service{0xffff'ffff, ServiceKind::udp, 65'535, std::string(45, 'b'),
                                           std::string(64, 'n'), std::string(64, 'm')});
    CHECK(encode_register(0xffff'ffff, usual).size() == 1);
}

TEST_CASE("all of a client's services, and their answers one by one, fit into what may wait to be sent") {
    SeededRandom random(5);
    std::size_t asked = 0;
    std::vector<Service> services(limits::services_max, random_service(random, true));
    for (std::size_t i = 0; i < services.size(); ++i) {  // a client has that many hosts in all
        services[i].http.hosts.resize(limits::http_hosts_per_session_max / services.size());
        services[i].http.rules = {};
    }
    std::size_t rules = 0;
    for (Service& service : services) {  // and that many bytes of rules
        HttpPart largest;
        fill_largest_rules(largest);
        rules += largest.rules.bytes();
        if (rules <= limits::http_rules_bytes_per_session_max) {
            service.http.rules = largest.rules;
        }
    }
    for (const auto& payload : encode_register(0xffff'ffff, services)) {
        asked += limits::frame_header_bytes + payload.size();
    }
    CHECK(asked <= limits::urgent_bytes_max);

    RegisteredService granted{0xffff'ffff, 65'535, std::string(limits::public_address_max, 'a'),
                              std::string(limits::http_host_text_max, 'h')};
    std::size_t yes = encode_registered(0xffff'ffff, {&granted, 1})[0].size() + limits::frame_header_bytes;
    CHECK(yes * limits::services_max <= limits::urgent_bytes_max);
    Refused denied{0xffff'ffff, Code::port_forbidden, std::string(limits::refused_text_max, 't')};
    std::size_t no = encode_control(denied).size() + limits::frame_header_bytes;
    CHECK(no * limits::services_max <= limits::urgent_bytes_max);
}

TEST_CASE("texts for people are made to fit by the encoder") {
    Refused refused{1, Code::refused, std::string(300, 'x') + "\n"};
    CHECK(std::get<Refused>(*decode_control(encode_control(refused))).text == std::string(256, 'x'));
    refused.text = "can't bind:\n\xff";
    CHECK(std::get<Refused>(*decode_control(encode_control(refused))).text == "can't bind:??");
    Hello hello;
    hello.role = HelloRole::server;
    hello.agent = std::string(100, 'a');
    CHECK(std::get<Hello>(*decode_control(encode_control(hello))).agent == std::string(64, 'a'));
}

TEST_CASE("a configured service is checked before it is sent") {
    Service service{1, ServiceKind::tcp, 80, "", "", ""};
    CHECK_FALSE(problem_of(service));
    service.name = std::string(limits::service_name_max, 'n');
    CHECK_FALSE(problem_of(service));
    service.name += 'n';
    REQUIRE(problem_of(service));
    CHECK(problem_of(service)->text == "register.services[0].name is longer than 253 bytes");
    service.name = "a\nb";
    CHECK(problem_of(service)->text == "register.services[0].name has control characters");
    service = {0, ServiceKind::tcp, 80, "", "", ""};
    CHECK_THAT(problem_of(service)->text, Catch::Contains("services[0].id"));
    service = {1, ServiceKind::tcp, 80, std::string(40'000, 'x'), "", ""};
    CHECK(problem_of(service)->code == Code::frame_size);
}

TEST_CASE("every cut and every flipped bit of every message is survived") {
    for (const auto& message : test::all_messages_json()) {
        std::vector<std::uint8_t> bytes = test::json::to_cbor(message);
        REQUIRE(decode_control(bytes));
        for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
            // A copy of exactly this size, so that AddressSanitizer sees a read beyond it.
            std::vector<std::uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<long>(cut));
            REQUIRE_FALSE(decode_control(exact));
        }
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            std::vector<std::uint8_t> flipped = bytes;
            flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
            auto result = decode_control(flipped);
            CHECK((result || !result.error().text.empty()));
        }
    }
}

TEST_CASE("random bytes are survived") {
    SeededRandom random(4);
    for (int round = 0; round < 50'000; ++round) {
        std::vector<std::uint8_t> bytes(random.below(64));
        random.fill(bytes);
        if (!bytes.empty() && random.chance(50)) {
            bytes[0] = static_cast<std::uint8_t>(0xa0 | random.below(8));
        }
        auto result = decode_control(bytes);
        REQUIRE((result || !result.error().text.empty()));
    }
}
