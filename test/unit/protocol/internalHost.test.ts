import assert from 'node:assert/strict';
import { serverAddressProblem } from '../../../src/protocol/http/internalHost.ts';

type Expected = 'here' | 'forbidden' | 'allowed';

/**
 * The IANA registry of special-purpose IPv4 addresses, multicast, and the metadata services of clouds that lie
 * elsewhere. Networks of companies are allowed: their identity providers are there.
 */
const ipv4: readonly [range: string, expected: Expected][] = [
  ['0.0.0.0/8', 'forbidden'],
  ['10.0.0.0/8', 'allowed'],
  ['100.64.0.0/10', 'allowed'],
  ['100.100.100.200/32', 'forbidden'],
  ['127.0.0.0/8', 'here'],
  ['168.63.129.16/32', 'forbidden'],
  ['169.254.0.0/16', 'forbidden'],
  ['172.16.0.0/12', 'allowed'],
  ['192.0.0.0/24', 'forbidden'],
  ['192.0.2.0/24', 'allowed'],
  ['192.31.196.0/24', 'allowed'],
  ['192.52.193.0/24', 'allowed'],
  ['192.88.99.0/24', 'allowed'],
  ['192.168.0.0/16', 'allowed'],
  ['192.175.48.0/24', 'allowed'],
  ['198.18.0.0/15', 'allowed'],
  ['198.51.100.0/24', 'allowed'],
  ['203.0.113.0/24', 'allowed'],
  ['224.0.0.0/4', 'forbidden'],
  ['240.0.0.0/4', 'forbidden'],
  ['255.255.255.255/32', 'forbidden'],
  ['8.8.8.8/32', 'allowed'],
];

/** The registry of special-purpose IPv6 addresses, but for those with an IPv4 address in them; and as above. */
const ipv6: readonly [first: string, last: string, expected: Expected][] = [
  ['::1', '::1', 'here'],
  ['::', '::', 'forbidden'],
  ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', 'forbidden'],
  ['100::', '100::ffff:ffff:ffff:ffff', 'forbidden'],
  ['100:0:0:1::', '100:0:0:1:ffff:ffff:ffff:ffff', 'forbidden'],
  ['2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff', 'allowed'],
  ['2001:4:112::', '2001:4:112:ffff:ffff:ffff:ffff:ffff', 'allowed'],
  ['2001:20::', '2001:3f:ffff:ffff:ffff:ffff:ffff:ffff', 'allowed'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', 'allowed'],
  ['2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff', 'allowed'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', 'allowed'],
  ['5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'allowed'],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'allowed'],
  ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'forbidden'],
  ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'forbidden'],
  ['fd00:ec2::254', 'fd00:ec2::254', 'forbidden'],
  ['fd20:ce::254', 'fd20:ce::254', 'forbidden'],
  ['fd00:42::42', 'fd00:42::42', 'forbidden'],
  ['fd00:c1::a9fe:a9fe', 'fd00:c1::a9fe:a9fe', 'forbidden'],
  ['2606:4700::1111', '2606:4700::1111', 'allowed'],
];

/** The first, a middle and the last address of a range, as numbers. */
function samples(range: string): number[] {
  const [address = '', length = '32'] = range.split('/');
  const first = address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(length));
  return [...new Set([first, first + Math.floor(size / 3), first + size - 1])];
}

const octetsOf = (number: number): [number, number, number, number] => [
  Math.floor(number / 2 ** 24),
  Math.floor(number / 2 ** 16) % 256,
  Math.floor(number / 256) % 256,
  number % 256,
];
const dotted = (number: number): string => octetsOf(number).join('.');
const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');
const groups = (number: number): string => `${hex(Math.floor(number / 65536), 1)}:${hex(number % 65536, 1)}`;

/** All that URL parsers take for the same IPv4 address. */
function spellings(number: number): string[] {
  const [a, b, c, d] = octetsOf(number);
  return [
    dotted(number),
    `${dotted(number)}.`,
    String(number),
    `0x${hex(number, 8)}`,
    `0X${hex(number, 8).toUpperCase()}`,
    `0${number.toString(8)}`,
    [a, b, c, d].map(octet => `0x${hex(octet, 1)}`).join('.'),
    [a, b, c, d].map(octet => `0${octet.toString(8)}`).join('.'),
    `${a}.${number % 2 ** 24}`,
    `${a}.${b}.${c * 256 + d}`,
    dotted(number).replaceAll('.', '\u3002'),
    dotted(number).replace(/\d/g, digit => String.fromCodePoint(0xff10 + Number(digit))),
    dotted(number).replaceAll('.', '%2e'),
  ];
}

/** All IPv6 addresses with an IPv4 one in them, by RFC. */
function embeddings(number: number): Record<string, string> {
  const inner = groups(number);
  return {
    'compatible, RFC 4291': `[::${inner}]`,
    'compatible, dotted': `[::${dotted(number)}]`,
    'mapped, RFC 4291': `[::ffff:${inner}]`,
    'mapped, dotted': `[::FFFF:${dotted(number)}]`,
    'mapped, in full': `[0000:0000:0000:0000:0000:ffff:${inner}]`,
    'translated, RFC 2765': `[::ffff:0:${inner}]`,
    'NAT64, RFC 6052': `[64:ff9b::${inner}]`,
    'NAT64, dotted': `[0064:FF9B::${dotted(number)}]`,
    '6to4, RFC 3056': `[2002:${inner}::1]`,
    '6to4, with a network': `[2002:${inner}:abcd:1:2:3:4]`,
    'Teredo client, RFC 4380': `[2001:0:808:808:8000:1234:${groups(0xffffffff - number)}]`,
    'Teredo server, RFC 4380': `[2001:0:${inner}:0:1234:f7f7:f7f7]`,
    'ISATAP, RFC 5214': `[2001:db8::5efe:${inner}]`,
    'ISATAP, of the world': `[2606:4700::200:5efe:${inner}]`,
  };
}

const policy = { allowLoopbackHttp: false };

const kindOf = (host: string, written = 'login.example.com'): Expected => {
  const address = `https://${host}/token`;
  const problem = serverAddressProblem(new URL(address).href, policy, written);
  if (problem === undefined) return 'allowed';
  // As it is written it is refused too, if only for characters that no address needs.
  assert.notEqual(serverAddressProblem(address, policy, written), undefined, host);
  assert.match(problem, /leads to (?:an internal host|this computer)/);
  return problem.startsWith('leads to this computer') ? 'here' : 'forbidden';
};

describe('an address that a server names', () => {
  for (const [range, expected] of ipv4) {
    it(`in ${range} is ${expected} in every spelling, and in every IPv6 address around it`, () => {
      for (const number of samples(range)) {
        for (const host of spellings(number)) assert.equal(kindOf(host), expected, host);
        for (const [how, host] of Object.entries(embeddings(number)))
          // The compatible form of 0.0.0.1 is ::1, this computer.
          if (!(number === 1 && how.startsWith('compatible')))
            assert.equal(kindOf(host), expected, `${how}: ${host}`);
      }
    });
  }

  for (const [first, last, expected] of ipv6) {
    it(`from ${first} to ${last} is ${expected}`, () => {
      for (const host of [first, last, first.toUpperCase()])
        assert.equal(kindOf(`[${host}]`), expected, host);
    });
  }

  it('is this computer by any of the names that systems give it', () => {
    for (const name of [
      ...['localhost', 'a.localhost', 'a.b.localhost', 'localhost.localdomain', 'localhost4', 'localhost6'],
      ...['localhost4.localdomain4', 'localhost6.localdomain6', 'ip6-localhost', 'ip6-loopback'],
    ]) {
      for (const host of [name, `${name}.`, name.toUpperCase(), `${name}..`, `%6c${name.slice(1)}`]) {
        if (host.startsWith('%') && !name.startsWith('l')) continue;
        assert.equal(kindOf(host), 'here', host);
        assert.equal(kindOf(host, '127.0.0.1'), 'allowed', 'a provider that is here itself may name it');
        assert.equal(kindOf(host, 'ip6-localhost'), 'allowed');
      }
    }
    for (const host of ['localhost.example.com', 'notlocalhost', 'localhost5', 'localdomain'])
      assert.equal(kindOf(host), 'allowed', host);
  });

  it('is no metadata service of a cloud by any of its names', () => {
    for (const name of [
      ...['metadata', 'metadata.google.internal', 'a.metadata.google.internal', 'metadata.goog'],
      ...[
        'metadata.azure.internal',
        'metadata.tencentyun.com',
        'instance-data',
        'instance-data.ec2.internal',
      ],
    ])
      for (const host of [name, `${name}.`, name.toUpperCase()])
        assert.equal(kindOf(host), 'forbidden', host);
  });

  it('by plain http is for names that are this computer everywhere', () => {
    const plain = { allowLoopbackHttp: true };
    const problem = (host: string) => serverAddressProblem(`http://${host}/token`, plain, '127.0.0.1');
    for (const host of ['localhost', '127.0.0.1', '[::1]', 'a.localhost'])
      assert.equal(problem(host), undefined);
    for (const host of [
      'ip6-localhost',
      'localhost.localdomain',
      '[::ffff:7f00:1]',
      'localhost6',
      '127.0.0.2',
    ])
      assert.match(problem(host) ?? '', /doesn’t use https/);
  });
});
