// tedious, Node's own TDS client: creates, fills, updates, reads and fails on the server as on any SQL Server.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, TYPES, need } from './client.mjs';

const table = 'dbo.client_tedious';

for (const options of [{ encrypt: false }, { encrypt: true }, { encrypt: false, tdsVersion: '7_3_B' }]) {
  test(`tedious ${JSON.stringify(options)}`, async (t) => {
    const client = await Client.open({ options });
    const step = (name, run) => t.test(name, run);
    await client.batch(`if object_id('${table}') is not null drop table ${table}`);

    await step('creates and fills', async () => {
      await client.batch(`create table ${table} (
        id int identity(1, 1) primary key, name nvarchar(100) not null unique, note nvarchar(max), cost decimal(10, 2),
        day date, at datetime2(3), flag bit not null default 1)`);
      const { count } = await client.query(
        `insert into ${table} (name, note, cost) values (@a, @b, @c), (@d, null, null)`,
        ['a', TYPES.NVarChar, 'مريم'], ['b', TYPES.NVarChar, 'گوڤار 😀'], ['c', TYPES.Decimal, 12.5, { precision: 10, scale: 2 }],
        ['d', TYPES.NVarChar, 'second'],
      );
      assert.equal(count, 2);
      const { rows } = await client.query(`select id, name, note, cost, flag from ${table} order by id`);
      assert.deepEqual(rows, [[1, 'مريم', 'گوڤار 😀', 12.5, true], [2, 'second', null, null, true]]);
    });

    await step('updates', async () => {
      const { count } = await client.query(`update ${table} set cost = isnull(cost, 0) + @x`, ['x', TYPES.Decimal, 0.25, { precision: 10, scale: 2 }]);
      assert.equal(count, 2);
      assert.equal(await client.value(`select sum(cost) from ${table}`), 13);
    });

    await step('describes its columns', async () => {
      const { columns } = await client.query(`select id, name, cost from ${table}`);
      assert.deepEqual(columns.map((column) => column.colName), ['id', 'name', 'cost']);
      assert.match(columns[0].type.name, /^Int/);
      assert.equal(columns[1].type.name, 'NVarChar');
      assert.equal(columns[1].dataLength, 200);
      assert.equal(columns[2].precision, 10);
      assert.equal(columns[2].scale, 2);
    });

    await step('carries parameters of every type', () => parameters(client));

    await step('prepares', async () => {
      const rows = await client.prepared('select @a + 1, @b + N\'!\'', [['a', TYPES.Int], ['b', TYPES.NVarChar]], { a: 1, b: 'یەک' }, { a: 41, b: 'چل' });
      assert.deepEqual(rows, [[2, 'یەک!'], [42, 'چل!']]);
    });

    await step('returns output parameters', async () => {
      const { outputs } = await client.query('set @o = @i * 2; set @t = N\'گ\' + @t',
        ['i', TYPES.Int, 21], ['o', TYPES.Int, null, {}, 'out'], ['t', TYPES.NVarChar, 'x', { length: 20 }, 'out']);
      assert.deepEqual(outputs, { o: 42, t: 'گx' });
    });

    await step('commits and rolls back', () => transactions(client));
    await step('fails with the numbers of SQL Server', () => failures(client));

    await step('keeps a megabyte of text', async () => {
      const text = 'سلام 😀 '.repeat(130000);
      await client.query(`update ${table} set note = @t where id = 1`, ['t', TYPES.NVarChar, text]);
      assert.equal(await client.value(`select note from ${table} where id = 1`), text);
    });

    await step('loads in bulk', () => bulk(client));

    await step('cancels and goes on', async () => {
      const start = Date.now();
      const error = await client.cancelled("waitfor delay '00:00:20'", 200);
      assert.equal(error.code, 'ECANCEL');
      assert.ok(Date.now() - start < 5000);
      assert.equal(await client.value('select 1'), 1);
    });

    await step('prints', async () => {
      client.messages.length = 0;
      await client.batch("print N'چاپ'");
      assert.deepEqual(client.messages, ['چاپ']);
    });

    await step('starts afresh after a reset', async () => {
      await client.batch('create table #kept (a int); begin transaction');
      await client.reset();
      assert.equal(await client.value("select object_id('tempdb..#kept')"), null);
      assert.equal(await client.value('select @@trancount'), 0);
    });

    await client.batch(`drop table ${table}`);
    await client.close();
  });
}

async function parameters(client) {
  const moment = new Date('2024-02-29T12:34:56.789Z');
  const samples = [
    [TYPES.Bit, true], [TYPES.TinyInt, 255], [TYPES.SmallInt, -3], [TYPES.Int, -5], [TYPES.BigInt, '9007199254740993'],
    [TYPES.Decimal, -123.45, { precision: 10, scale: 2 }], [TYPES.Numeric, 1.5, { precision: 18, scale: 4 }],
    [TYPES.Money, 10.5], [TYPES.SmallMoney, -1.25], [TYPES.Float, 1.25e-3], [TYPES.Real, 1.5],
    [TYPES.Date, new Date('2024-02-29')], [TYPES.DateTime, new Date('2024-02-29T12:34:56.790Z')], [TYPES.DateTime2, moment, { scale: 3 }],
    [TYPES.DateTimeOffset, moment, { scale: 7 }], [TYPES.SmallDateTime, new Date('2024-02-29T12:34:00Z')],
    [TYPES.Time, new Date('1970-01-01T12:34:56.789Z'), { scale: 3 }],
    [TYPES.UniqueIdentifier, '6F9619FF-8B86-D011-B42D-00C04FC964FF'], [TYPES.VarBinary, Buffer.from([1, 2, 255])],
    [TYPES.VarChar, 'سلام'], [TYPES.Char, 'abc', { length: 3 }], [TYPES.NVarChar, 'گ😀'], [TYPES.NChar, 'ab', { length: 2 }],
    [TYPES.NVarChar, ''], [TYPES.NVarChar, null], [TYPES.Int, null],
  ];
  for (const [type, value, options] of samples) {
    const got = await client.value('select @p', ['p', type, value, options]);
    assert.deepEqual(got instanceof Date ? new Date(got) : got, value, type.name);
  }
}

async function transactions(client) {
  await client.transaction('begin');
  await client.batch(`delete from ${table}`);
  assert.equal(await client.value('select @@trancount'), 1);
  await client.transaction('rollback');
  assert.equal(await client.value(`select count(*) from ${table}`), 2);
  await client.transaction('begin', 'named');
  await client.transaction('save', 'point');
  await client.batch(`update ${table} set flag = 0 where id = 2`);
  await client.transaction('rollback', 'point');
  await client.batch(`update ${table} set flag = 0 where id = 1`);
  await client.transaction('commit');
  const { rows } = await client.query(`select flag from ${table} order by id`);
  assert.deepEqual(rows, [[false], [true]]);
}

async function failures(client) {
  await client.fails(2627, client.query(`insert into ${table} (name) values (N'second')`));
  await client.fails(515, client.query(`insert into ${table} (name) values (null)`));
  await client.fails(208, client.query('select * from dbo.no_such_table'));
  await client.fails(207, client.query(`select nothing from ${table}`));
  await client.fails(2812, client.call('dbo.no_such_procedure'));
  await client.fails(8134, client.query('select 1 / @zero', ['zero', TYPES.Int, 0]));
  await client.fails(50000, client.batch("raiserror(N'خطأ', 16, 1)"));
  await client.fails(51000, client.batch("throw 51000, N'خطأ', 1"));
  assert.equal(await client.value('select 1'), 1);
}

async function bulk(client) {
  await client.batch('create table #loaded (id int, name nvarchar(50), note nvarchar(max), cost decimal(9, 2), at datetime2(7), raw varbinary(10))');
  const at = new Date('2024-02-29T12:34:56.789Z');
  const rows = Array.from({ length: 1000 }, (_, id) => [id, `ناو ${id} 😀`, id % 3 ? 'n'.repeat(id) : null, id / 4, at, Buffer.from([id % 256])]);
  const columns = [['id', TYPES.Int], ['name', TYPES.NVarChar, { length: 50 }], ['note', TYPES.NVarChar, { length: Infinity }],
    ['cost', TYPES.Decimal, { precision: 9, scale: 2 }], ['at', TYPES.DateTime2, { scale: 7 }], ['raw', TYPES.VarBinary, { length: 10 }]];
  assert.equal(await client.bulk('#loaded', columns, rows), 1000);
  const { rows: read } = await client.query('select id, name, note, cost, at, raw from #loaded order by id');
  assert.deepEqual(read.map((row) => [...row.slice(0, 4), new Date(row[4]), row[5]]), rows);
  await client.batch('drop table #loaded');
}

test('tedious is refused with the numbers of SQL Server', async () => {
  const refused = (number) => (error) => {
    assert.equal(error.cause?.number ?? error.number ?? number, number);
    assert.match(error.message, number === 18456 ? /Login failed for user/ : /Cannot open database/);
    return true;
  };
  await assert.rejects(Client.open({ password: `not ${need('SIM_PASSWORD')}` }), refused(18456));
  await assert.rejects(Client.open({ database: 'no_such_database' }), refused(4060));
});
