<?php
// The 2016 recipe rebuilt for comparison: authenticate, split the entry by part, one INSERT, 200.
declare(strict_types=1);

const USER = 'admin';
const PASSWORD = 'admin';

function answer(int $status): never
{
    http_response_code($status);
    exit;
}

if (
    !hash_equals(USER, $_SERVER['PHP_AUTH_USER'] ?? '')
    || !hash_equals(PASSWORD, $_SERVER['PHP_AUTH_PW'] ?? '')
) {
    answer(401);
}

$entry = file_get_contents('php://input');
$pieces = preg_split('/^--[0-9a-f]{8}-([A-Z])--\n/m', $entry, -1, PREG_SPLIT_DELIM_CAPTURE);
$parts = [];
for ($i = 1; $i + 1 < count($pieces); $i += 2) {
    $parts[$pieces[$i]] ??= $pieces[$i + 1];
}
if (!preg_match('/^\[[^\]]+\] (\S+) (\S+) /', $parts['A'] ?? '', $head)) {
    answer(409);
}

$database = new PDO(getenv('DSN'), 'bench', 'bench', [PDO::ATTR_EMULATE_PREPARES => true]);
$insert = $database->prepare(
    'INSERT INTO audit_log (sensor, unique_id, client, part_a, part_b, part_c, part_e, part_f,
        part_h, part_i, part_j, part_k) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
);
$insert->execute([
    USER, $head[1], $head[2], $parts['A'], $parts['B'] ?? null, $parts['C'] ?? null,
    $parts['E'] ?? null, $parts['F'] ?? null, $parts['H'] ?? null, $parts['I'] ?? null,
    $parts['J'] ?? null, $parts['K'] ?? null,
]);
answer(200);
