// What expressions mean.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "request_facts.hpp"
#include "support/count_allocations.hpp"

using namespace ferrotunnel::expression;

TEST_CASE("expressions: literals") {
    CHECK(holds("true"));
    CHECK_FALSE(holds("false"));
    CHECK(holds("request.size == 1000"));
    CHECK(holds("-9223372036854775808 < 9223372036854775807"));
    CHECK(holds("007 == 7"));
    CHECK(holds(R"("text" == 'text')"));
    CHECK(holds(R"("it's" == 'it\'s' && 'say "so"' == "say \"so\"")"));
    CHECK(holds(R"(r"a\n".size() == 3 && R'\' == "\\")"));
    CHECK(holds(R"("a\nb\r\t\\".size() == 6)"));
    CHECK(holds(R"("\x41\u0042C" == "ABC")"));
    CHECK(holds("\"\\xe9\" == \"\xc3\xa9\" && \"\\u00E9\" == \"\xc3\xa9\""));  // characters, not bytes
    CHECK(holds("\"\\u20ac\" == \"\xe2\x82\xac\""));
    CHECK(holds(R"("a\x00b".size() == 3 && "a\x00b" != "a")"));
    CHECK(holds("\"tab\there\".size() == 8"));
    CHECK(holds("\"// no comment\".size() == 13"));
}

TEST_CASE("expressions: blanks, line ends and comments mean nothing") {
    CHECK(holds("  true\t"));
    CHECK(holds("// why\r\ntrue // because\n&& // and\n!\nfalse"));
    CHECK(holds("request . path . startsWith ( '/api' )"));
    CHECK(holds("true // without a line end"));
    CHECK(holds("1<2&&2<=2&&'a'in['a','b',]"));
}

TEST_CASE("expressions: operators") {
    for (const char* source : {
             "!false",
             "!!true",
             "true && true",
             "true || false",
             "true == true",
             "true != false",
             "1 == 1",
             "1 != 2",
             "1 < 2",
             "2 <= 2",
             "2 > 1",
             "2 >= 2",
             "-1 < 0",
             "'a' == 'a'",
             "'a' != 'b'",
             "'a' < 'b'",
             "'a' < 'aa'",
             "'a' <= 'a'",
             "'b' > 'a'",
             "'b' >= 'b'",
             "'z' < '\xc3\xa9'",  // bytes are not signed
             "2 in [1, 2, 3]",
             "!(4 in [1, 2, 3])",
             "-1 in [-1]",
             "'b' in ['a', 'b']",
             "!('' in ['a', 'b'])",
             "true ? true : false",
             "false ? false : true",
             "(true ? 1 : 2) == 1",
             "(false ? 'a' : 'b') == 'b'",
         }) {
        CAPTURE(source);
        CHECK(holds(source));
        CHECK_FALSE(holds("!(" + std::string(source) + ")"));
    }
}

TEST_CASE("expressions: operators bind as in CEL") {
    CHECK(holds("true || true && false"));
    CHECK_FALSE(holds("(true || true) && false"));
    CHECK(holds("!false && true"));
    CHECK(holds("!true == false"));
    CHECK(holds("1 < 2 && 'a' == 'a' || false"));
    CHECK(holds("true || false ? true : false"));
    CHECK(holds("false ? false : false ? false : true"));
    CHECK(holds("true ? true || false : false"));
    CHECK(holds("!request.path.startsWith('/x')"));
    CHECK(holds("(1 < 2) == (2 < 3)"));
}

TEST_CASE("expressions: fields and entries of maps") {
    CHECK(holds("request.method == 'GET' && visitor.tls && request.size >= 1000"));
    CHECK(holds("request.headers['host'] == request.host"));
    CHECK(holds("request.headers.host == request.host"));
    CHECK(holds("request.headers[r\"x-user\"] == 'Ann'"));
    CHECK(holds("note.auth.subject == 'ann' && note['auth.subject'] == 'ann'"));
    CHECK(holds("note.auth.subject.startsWith('a')"));
    CHECK(holds("note.missing == '' && note['missing'].size() == 0"));
    CHECK(holds("has(note.auth.subject) && has(note['empty']) && !has(note.missing)"));
    CHECK(holds("has(request.headers['x-user']) && !has(request.headers.x)"));
    CHECK(holds("(note).auth.subject == 'ann'"));
}

TEST_CASE("expressions: a field's name goes before a map's, and a longer map's before a shorter one's") {
    const Field fields[] = {{"a", Type::map, method}, {"a.b", Type::map, note}, {"a.c", Type::text, path}};
    const auto reads_of = [&fields](std::string_view source) {
        std::string all;
        const auto expression = Expression::compile(source, fields);
        REQUIRE(expression);
        for (const Read& read : expression->reads()) {
            all += std::to_string(read.id) + ' ' + read.key + ';';
        }
        return all;
    };
    CHECK(reads_of("a.c == ''").empty());
    CHECK(reads_of("a.cd == ''") == "0 cd;");
    CHECK(reads_of("a.b.c == ''") == "9 c;");
    CHECK(reads_of("a['b'] == a['b.c']") == "0 b;0 b.c;");
}

TEST_CASE("expressions: methods of texts") {
    for (const char* source : {
             "'abc'.startsWith('ab')",
             "'abc'.startsWith('')",
             "!'abc'.startsWith('b')",
             "!''.startsWith('a')",
             "'abc'.endsWith('bc')",
             "'abc'.endsWith('')",
             "!'abc'.endsWith('b')",
             "'abc'.contains('b')",
             "'abc'.contains('abc')",
             "''.contains('')",
             "!'abc'.contains('abcd')",
             "!''.contains('a')",
             "!'abc'.contains('ac')",
             "'AbC\xc3\x89'.lowerAscii() == 'abc\xc3\x89'",
             "'abc'.lowerAscii() == 'abc'",
             "''.lowerAscii() == ''",
             "'abc'.size() == 3",
             "size('abc') == 3",
             "'\xc3\xa9'.size() == 2",  // bytes
             "'ABC'.lowerAscii().contains('bc')",
             "request.host.endsWith(request.host)",
             "(true ? 'ab' : '').startsWith('a')",
         }) {
        CAPTURE(source);
        CHECK(holds(source));
    }
}

TEST_CASE("expressions: regular expressions match a part, and bytes") {
    CHECK(holds("request.path.matches('^/api/')"));
    CHECK(holds("request.path.matches('users')"));
    CHECK_FALSE(holds("request.path.matches('^users$')"));
    CHECK(holds(R"(request.path.matches(r"^/\w+/[a-z]+$"))"));
    CHECK(holds("'ABC'.matches('(?i)b')"));
    CHECK(holds("'' .matches('')"));
    CHECK(holds(R"("caf\u00e9".matches(r"f\xC3\xA9$"))"));
    RequestFacts facts;
    facts.texts[path] = "/admin/\xff\xc3.php";  // no UTF-8
    CHECK(holds(R"(request.path.matches(r"^/admin/..\.php$"))", facts));
}

TEST_CASE("expressions: addresses are texts, and lie in networks") {
    const auto lies_in = [](const char* address, const std::string& networks) {
        RequestFacts facts;
        facts.texts[visitor_address] = address;
        return holds("visitor.address.in(" + networks + ")", facts);
    };
    CHECK(lies_in("10.1.2.3", "'10.0.0.0/8'"));
    CHECK(lies_in("10.1.2.3", "'::1/128', '10.1.2.3'"));
    CHECK_FALSE(lies_in("11.1.2.3", "'10.0.0.0/8', 'fd00::/8'"));
    CHECK(lies_in("fd00::1", "'10.0.0.0/8', 'fd00::/8'"));
    CHECK(lies_in("::ffff:10.1.2.3", "'10.0.0.0/8'"));  // IPv4, as everywhere
    CHECK_FALSE(lies_in("::ffff:10.1.2.3", "'::/0'"));
    CHECK(lies_in("10.1.2.3", "'::ffff:10.0.0.0/104'"));
    for (const char* none : {"", "localhost", "10.1.2.3:80", "[::1]", "10.1.2", "unix"}) {
        CHECK_FALSE(lies_in(none, "'0.0.0.0/0', '::/0'"));
    }
    CHECK(holds("visitor.address == '10.1.2.3' && visitor.address.startsWith('10.')"));
    CHECK(holds("visitor.address in ['10.1.2.3'] && (true ? visitor.address : '') < '2'"));
}

TEST_CASE("expressions: operands are looked at from the left until the result is known") {
    const auto asked_by = [](std::string_view source) {
        const RequestFacts facts;
        (void)holds(source, facts);
        return facts.asked;
    };
    CHECK(asked_by("visitor.tls || note.a == ''") == 1);
    CHECK(asked_by("!visitor.tls && note.a == '' && note.b == ''") == 1);
    CHECK(asked_by("visitor.tls ? note.a == '' : note.b == note.c") == 2);
    CHECK(asked_by("visitor.tls && note.a == note.b") == 3);
}

TEST_CASE("expressions: they tell which entries they read, and where") {
    const Expression expression = compiled(
        "note.auth.subject == 'a'\n  && has(request.headers['x-\xc3\xa9']) || note.b"
        " == note.b");
    struct Expected {
        std::uint32_t id;
        std::string_view key;
        Place place;
    };
    const std::vector<Expected> expected = {
        {note, "auth.subject", {1, 1}}, {headers, "x-\xc3\xa9", {2, 10}}, {note, "b", {2, 37}}, {note, "b", {2, 47}}};
    REQUIRE(expression.reads().size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        CHECK(expression.reads()[i].id == expected[i].id);
        CHECK(expression.reads()[i].key == expected[i].key);
        CHECK(expression.reads()[i].place == expected[i].place);
    }
    CHECK(compiled("request.path == '/'").reads().empty());
}

TEST_CASE("expressions: what is usual takes no memory to evaluate, and copies share what was compiled") {
    const Expression first = compiled(
        "request.path.startsWith('/api/') && request.host.lowerAscii() in ['app.example.com'] && "
        "request.headers['x-user'].lowerAscii() == 'ann' && !visitor.address.in('192.168.0.0/16')");
    const Expression copy = first;  // NOLINT(performance-unnecessary-copy-initialization)
    const RequestFacts facts;
    const auto before = ferrotunnel::test::allocations_so_far();
    const bool result = copy.holds(facts);
    CHECK(ferrotunnel::test::allocations_so_far() == before);
    CHECK(result);
    CHECK(first.reads().data() == copy.reads().data());
}

TEST_CASE("expressions: lower case of long texts") {
    RequestFacts facts;
    facts.texts[path] = std::string(100'000, 'A') + "b";
    facts.texts[query] = std::string(100'000, 'a') + "B";
    CHECK(holds("request.path.lowerAscii() == request.query.lowerAscii() && request.path.lowerAscii().endsWith('ab')",
                facts));
}
